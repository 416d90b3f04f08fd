"""What about a response should be looked at before a labeler sees it? Identity leaks, refusals, answers cut short.

Precise rather than greedy: one that is missed spoils a sheet, one that is wrong keeps a good answer off all of them.

A *leak* is what a text says of itself: that it is an AI, which one, or whose. A text about GPT-3 is none, nor is what
somebody says between quotation marks, nor "I'm Claude, a baker". Names given by the caller are leaks wherever they
stand, if they could be nothing else ("llama-3-8b"); those of letters only ("base") where the text says "I am" before.

A *refusal* begins the answer and names what an assistant does ("help", "provide"); a letter that is sorry to miss a
wedding is none. Answers that refuse and say "as an AI" are both.
"""

import re
from functools import lru_cache

from labeling.candidates.models import Flag

# Cut short at its last token, rather than ended by the model.
CUT_SHORT = {"length", "max_tokens"}
# So many characters are looked at for a refusal.
BEGINNING = 300

# Every repetition is bounded: a text costs as much as it is long. Curly apostrophes have been made straight.
AI = (
    r"(?:(?:(?:large|generative|conversational|virtual|multimodal|text-based|AI|artificial intelligence) ){0,2}"
    r"(?:language model|chat ?bot|LLM|AI (?:model|assistant|system|program|bot))\b(?!'s|-| \w{3,}(?:er|or|ist)\b)"
    r"|(?:AI|artificial intelligence)(?=\s?[.,;:!?)]|\s?$| (?:and (?:I|do|can)|that|which|so|but|made|trained|developed"
    r"|created|built|designed)\b))"
)
# Nobody else is called this.
MODEL = (
    r"(?:(?:Chat|Instruct)?GPT(?:[ -]?\d[\w.]{0,9})?|text-davinci-\d{3}|(?:Qwen|DeepSeek|ChatGLM|EXAONE|Mixtral|LaMDA)"
    r"[\w.-]{0,20}|Hyper ?CLOVA(?: ?X)?|CLOVA X|ERNIE Bot|Bing Chat|Meta AI)(?=\s?[.,;:!?)(]|\s?$| (?:an?|and I|made"
    r"|trained|developed|created|from|by|based)\b)"
)
# People, animals and stars are called this too: only where the sentence ends with it, or goes on to say what it is.
NAMESAKE = (
    r"(?:Claude|Gemini|Bard|Llama|Mistral|Gemma|Grok|Kimi|Copilot|Vicuna|Alpaca|PaLM|Falcon|Solar)"
    r"(?:[ -]?\d[\w.-]{0,9})?(?: (?:Instant|Haiku|Sonnet|Opus|Pro|Ultra|Flash))?"
    r"(?=\s?[.!?]|\s?$|,? (?:made|trained|developed|created|built) by\b|,? (?:an?|your) (?:[\w-]+ ){0,3}(?:AI|assistant"
    r"|model|chatbot)\b)"
)
LAB = r"(?:OpenAI|Anthropic|(?:Google )?DeepMind|Mistral AI|xAI|DeepSeek|Cohere|EleutherAI|Alibaba Cloud|Moonshot AI)"
# These employ people, too, whom they train.
FIRM = r"(?:Google|Meta|Microsoft|Amazon|Apple|Alibaba|Baidu|Tencent|NAVER|Kakao|Upstage|LG)"
MADE = r"(?:made|created|developed|built|designed|programmed)"
UNQUOTED = r"(?<![\"“‘'«「])"
I_AM = UNQUOTED + r"\b(?:I am|I'm|my name is|you are talking to|you're talking to) (?:(?:just|only|called|actually) )?"
# Words begin with few of the letters: looking at the first before anything else is three times quicker.
LEAK = re.compile(
    r"\b(?=[IMYAS])(?:"
    + "|".join(
        [
            rf"{I_AM}(?:(?:an?|the) {AI}|(?:(?:an?|the) )?(?:\w+ )?{MODEL}|{NAMESAKE})",
            rf"{UNQUOTED}\bas an? {AI}[^.!?\n]{{0,80}}?\b(?:I\b|my (?:knowledge|training|purpose|abilities))",
            rf"{UNQUOTED}\bI(?: was| am|'m| have been) (?:{MADE}|trained)(?: and \w+)? by (?:\w+ ){{0,3}}{LAB}\b",
            rf"{UNQUOTED}\bI(?: was| am|'m| have been) {MADE} by (?:\w+ )?{FIRM}\b",
            r"\bmy knowledge cut-?off\b",
            r"\b(?:as of|since) my (?:last|latest) (?:knowledge |training )?(?:update|cut-?off)\b",
        ]
    )
    + ")",
    re.IGNORECASE,
)

AI_KO = (
    r"(?:(?:인공지능|AI|챗봇|(?:대규모|거대|초거대) ?언어 ?모델|언어 ?모델)"
    r"(?: ?(?:언어 ?모델|모델|어시스턴트|비서|챗봇|프로그램|시스템))?)"
)
MODEL_KO = (
    r"(?:챗 ?GPT|ChatGPT|GPT(?:-? ?\d[\w.]{0,8})?|클로드|Claude|제미나이|Gemini|하이퍼 ?클로바 ?X?|클로바 ?X"
    r"|HyperCLOVA ?X?|엑사원|EXAONE|딥시크|DeepSeek|큐원|Qwen)"
)
LAB_KO = (
    r"(?:OpenAI|오픈 ?AI|오픈에이아이|앤트로픽|앤스로픽|Anthropic|구글|Google|메타|Meta|네이버|카카오|업스테이지"
    r"|LG ?AI ?연구원)"
)
LEAK_KO = re.compile(
    r"(?=[저전제나인A챗대거초언])(?:"
    + "|".join(
        [
            rf"{UNQUOTED}(?:저는|전|제 이름은|나는|제가) [^.!?\n\"”]{{0,60}}?(?:{AI_KO}|{MODEL_KO}) ?"
            r"(?:입니다|이에요|예요|이라고|라고|이며|이므로|이기|이라서|라서|으로서|로서)",
            rf"{AI_KO}(?:으로서|로서)[^.!?\n]{{0,40}}(?:저는|제가|저의|수 없|않습니다)",
            rf"{UNQUOTED}(?:저는|제가) {LAB_KO}(?:에서|에 의해|가|이) (?:개발|훈련|학습|만들|만든|제작)",
        ]
    )
    + ")",
    re.IGNORECASE,
)

ASIDE = rf"as an? {AI}[^.!?\n]{{0,60}}?,? "
SORRY = r"(?:(?:(?:I am|I'm) (?:\w+ )?)?(?:sorry|afraid)|(?:I |my )?apolog\w+|unfortunately)[,.;:!]? (?:but |that )?"
CANNOT = (
    r"I(?: am|'m)? (?:(?:cannot|can't)(?: and will not)?|can not|could not|couldn't|won't|will not"
    r"|unable to|not (?:able|allowed) to|not comfortable|(?:don't|do not) feel comfortable"
    r"|(?:must|have to) (?:\w+ )?(?:decline|refuse) to) "
)
# What an assistant does. "I can't help laughing", "I can't provide for my family" are something else.
DUTY = (
    r"(?:\w+ )?(?:(?:help|assist)(?:ing)?(?: you)?(?: with| to|[.,;!]|$)|compl(?:y|ying) with|fulfil"
    r"|(?:answer|do|discuss|engage in|participate in|support|condone|promote|continue)(?:ing)?"
    r" (?:that|this|your|such|with)\b"
    r"|(?:provid|offer|giv|shar|generat|creat|produc|writ)(?:e|ing) (?:you )?(?:with )?(?:[\w-]+ ){0,3}?(?:that|this"
    r"|advice|information|instructions|guidance|content|material|assistance|recommendations|opinions|code|jokes?|stor(?:y|ies)"
    r"|text|responses?|answers?)\b)"
)
REACH = r"(?:(?:access|browse|open|view|see|play|search|send|hear) (?:the|a|any|your|real)\b|tell you\b)"
REFUSAL = re.compile(
    r"^\W{0,9}(?:"
    rf"(?:{SORRY})?(?:{ASIDE})?{CANNOT}{DUTY}"
    rf"|{SORRY}(?:{ASIDE})?{CANNOT}{REACH}"
    rf"|{ASIDE}{CANNOT}(?!have|feel|experience|taste|smell|be\b)"
    rf"|(?:{SORRY})?it(?:'s| is| would be) (?:not appropriate|inappropriate|unethical) for me to {DUTY}"
    r")",
    re.IGNORECASE,
)
DUTY_KO = (
    r"(?:(?:도와|알려|답변해?|대답해?|제공해?|작성해?|설명해?|번역해?|추천해?)(?:을|를)? ?(?:드릴|드리기|할|하기)"
    r"|말씀드릴|도울|응할|응하기|수행할) ?(?:수(?:가|는)? ?없|어렵|곤란)"
)
REFUSAL_KO = re.compile(
    r"^\W{0,9}(?:"
    rf"(?:(?:정말 |매우 |대단히 )?(?:죄송|미안|유감|아쉽|안타깝)\S{{0,8}}|{AI_KO}(?:으로서|로서))[^\n]{{0,80}}?"
    rf"|[^.!?\n]{{0,30}}(?:요청|질문|내용|주제|부탁)[^.!?\n]{{0,25}}){DUTY_KO}",
    re.IGNORECASE,
)


def flags(text, *, finish_reason="", names=()):
    """Return the flags of a response, in the order of `Flag`.

    `finish_reason` is the server's word for why the answer ended; `names` is what its model is called: names and ids.
    """
    text = text.replace("’", "'")
    beginning = text.lstrip()[:BEGINNING]
    found = {
        Flag.LEAK: _says_a_name(text, names) or LEAK.search(text) or LEAK_KO.search(text),
        Flag.REFUSAL: REFUSAL.search(beginning) or REFUSAL_KO.search(beginning),
        Flag.TRUNCATED: (finish_reason or "").lower() in CUT_SHORT,
    }
    return [flag.value for flag, is_so in found.items() if is_so]


def _says_a_name(text, names):
    """The id "org/model-7b" is also "model-7b". Only names that occur are worth a pattern."""
    whole = {part.strip() for name in names for part in (name, name.rpartition("/")[2])} - {""}
    small = text.lower()
    return any(_own_name(name).search(text) for name in whole if name.lower() in small)


@lru_cache(maxsize=1_000)
def _own_name(name):
    before = r"(?<![\w-])" if _is_unmistakable(name) else I_AM
    return re.compile(rf"{before}{re.escape(name)}(?![\w-])", re.IGNORECASE)


def _is_unmistakable(name):
    return len(name) >= 5 and any(map(str.isdigit, name)) and any(map(str.isalpha, name))
