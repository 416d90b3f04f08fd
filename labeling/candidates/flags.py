"""What about a response should be looked at before a labeler sees it? Identity leaks, refusals, answers cut short.

Precise rather than greedy: what is not found costs one task, what is found wrongly skews the choice for all of them.
A leak is what a text says of itself. A text *about* a model is none, nor are words in quotation marks, nor "Claude" in a
story. A refusal stands at the beginning and names what an assistant does ("help", "provide"), so that a letter which
is sorry to decline an invitation is none.
"""

import re
from functools import lru_cache

from labeling.candidates.models import Flag

# Cut short at its last token, rather than ended by the model.
CUT_SHORT = {"length", "max_tokens"}
# A refusal begins the answer: so many characters are looked at.
BEGINNING = 400

# Every repetition below is bounded, so that a text costs as much as it is long.
AI = r"""(?:
    (?:(?:large|generative|conversational|virtual|neural|text-based|multimodal|computer|AI|AI-powered)[ -]){0,3}
    (?:language\ model|chat\ ?bot|AI\ (?:model|assistant|system|program|bot|companion)|LLM\b)
  | artificial\ intelligence(?!\ (?!model|language|assistant|system|and\ I)\w)
  | AI(?=[ ]?[.,;:!?)]|$|\ (?:and\ (?:I|do|don|can|have|not)|that|which|so|but|without|with\ no)\b|\ (?:made|trained|
        developed|created|built|designed)\ by\b)
)"""
# Nobody else is called this.
MODEL = r"""(?:
    (?:Chat|Instruct)?GPT(?:[ -]?[2-9][\w.]{0,8}(?:[- ]?(?:turbo|mini|nano|pro))?)?(?!\w)(?!['’]s)(?!\ (?:expert|fan|user|
        developer|researcher|engineer|enthusiast|plus|subscriber))
  | text-davinci-\d{3} | (?:Qwen|DeepSeek|ChatGLM|EXAONE|Mixtral|LaMDA)[\w.-]{0,20} | Hyper\ ?CLOVA(?:\ ?X)? | CLOVA\ X
  | ERNIE\ Bot | Bing\ Chat | Meta\ AI | (?:GitHub|Microsoft)\ Copilot
)"""
# People, animals and stars are called this too: no article, and either the sentence ends here or says who made it.
NAMESAKE = r"""(?:Claude|Gemini|Bard|Llama|Mistral|Gemma|Grok|Kimi|Copilot|Vicuna|Alpaca|PaLM|Falcon|Solar|Sydney|Cortana|Alexa|
    Siri)(?:[ -]?v?\d[\w.-]{0,20}|\ (?:Instant|Haiku|Sonnet|Opus|Pro|Ultra|Advanced)){0,2}
    (?=\s{0,2}(?:[.!?:;]|$)|,?\ (?:an?|the|your)\ (?:[\w-]+\ ){0,3}(?:AI|language\ model|chatbot|assistant)\b
        |,?\ (?:(?:made|trained|developed|created|built|designed)\ by|from)\ (?:[\w-]+\ ){0,2}
        (?:Anthropic|Google|DeepMind|Meta|Mistral|xAI|Microsoft|Amazon|Apple|LMSYS|Stanford|TII|Upstage|Moonshot))"""
# Nobody but a model was made by these; the others employ people, whom they may train.
LAB = r"(?:OpenAI|Anthropic|DeepMind|Google\ DeepMind|Mistral\ AI|xAI|DeepSeek|Cohere|EleutherAI|Hugging\ ?Face|Alibaba\ Cloud)"
FIRM = rf"(?:{LAB}|Google|Meta(?:\ AI)?|Microsoft|Amazon|Apple|Baidu|Alibaba|Tencent|NAVER|Kakao|LG\ AI|Upstage)"
MADE = r"(?:made|created|developed|built|designed|programmed)"

NOT_QUOTED = r"(?<![\"“‘'«「『])"
I_AM = rf"""{NOT_QUOTED}\b(?:
    I(?:\ am|['’]m)(?:\ (?:just|only|simply|actually|merely|really|sorry,?\ but|called|named|known\ as)){{0,2}}
  | my\ name\ is | you(?:\ are|['’]re)\ (?:now\ )?(?:talking|chatting|speaking)\ (?:to|with)
)\ """

LEAK = re.compile(
    rf"""
    {I_AM}(?:(?:an?|the)\ {AI} | (?:(?:an?|the|your)\ )?(?:[\w-]+\ )?{MODEL} | {NAMESAKE} | {AI}\ (?:{MODEL}|made\ by|by\ {LAB}))
  | {NOT_QUOTED}\bas\ an?\ {AI}[^.!?\n]{{0,100}}?\b(?:I|my)\b
  | \bI,?\ as\ an?\ {AI}
  | {NOT_QUOTED}\bI(?:\ (?:was|am|have\ been)|['’]m|['’]ve\ been)\ (?:\w+\ )?
        (?:(?:{MADE}|(?:fine-?tuned|trained))(?:\ (?:and|,)\ \w+)?\ (?:\w+\ )?by\ (?:\w+\ ){{0,3}}{LAB}
          | {MADE}\ (?:and\ \w+\ )?by\ (?:\w+\ )?{FIRM})\b
  | \bmy\ (?:knowledge\ cut-?\ ?off|(?:creators|developers|makers)(?:\ at)?,?\ {LAB})
  | \b(?:as\ of|since)\ my\ (?:last|latest|most\ recent)\ (?:knowledge\ |training\ )?(?:update|cut-?\ ?off)\b
  """,
    re.IGNORECASE | re.VERBOSE,
)

AI_KO = r"(?:인공지능|AI|A\.I\.|(?:대규모|거대|초거대)?\s?언어\s?모델|챗봇)"
ROLE_KO = r"(?:\s?(?:언어\s?모델|모델|어시스턴트|비서|도우미|챗봇|프로그램|시스템|서비스))?"
MODEL_KO = r"""(?:챗\s?GPT|ChatGPT|GPT(?:-?\s?[2-9][\w.]{0,8})?|클로드|Claude|제미나이|제미니|Gemini|바드|라마|미스트랄|하이퍼\s?클로바\s?X?
    |클로바\s?X|HyperCLOVA\s?X?|엑사원|EXAONE|딥시크|DeepSeek|큐원|Qwen)"""
LAB_KO = r"(?:OpenAI|오픈\s?AI|오픈\s?에이아이|앤트로픽|앤스로픽|Anthropic|구글|Google|메타|Meta|네이버|카카오|LG\s?AI\s?연구원|업스테이지)"
LEAK_KO = re.compile(
    rf"""
    (?<!["“‘'「『])(?:저는|전|제\ 이름은|나는|제가)\s[^.!?\n"“”]{{0,60}}?(?:{AI_KO}{ROLE_KO}|{MODEL_KO}{ROLE_KO})\s?
        (?:입니다|이에요|예요|이라고\s|라고\s(?:합|해|불)|이며|이므로|이기\s|이라서|라서|로서|으로서|로써)
  | {AI_KO}{ROLE_KO}(?:으로서|로서)[^.!?\n]{{0,40}}(?:저는|제가|저의|저에게)
  | (?:저는|제가)\s[^.!?\n]{{0,20}}{LAB_KO}(?:에서|에\s?의해|가|이)\s?(?:\S+\s)?(?:개발|훈련|학습|만들|제작)[^.!?\n]{{0,15}}(?:모델|인공지능|AI|챗봇)
  | 제\s(?:지식|학습\s?데이터)[^.!?\n]{{0,15}}(?:까지|기준)
  """,
    re.IGNORECASE | re.VERBOSE,
)

SORRY = r"(?:I(?:\ am|['’]m)\ (?:\w+\ )?(?:sorry|afraid)|(?:\w+\ )?sorry|(?:I|my|sincere)\ (?:sincerely\ )?apologi[sz]e?s?|unfortunately)"
ASIDE = rf"(?:as\ an?\ {AI}[^.!?\n]{{0,60}}?,\ )"
CANNOT = r"""(?:I(?:\ simply|\ really|['’]m\ afraid\ I|\ am\ afraid\ I)?\ (?:can(?:not|['’]t|\ not)|could(?:\ not|n['’]t)|won['’]t|will\ not
    |am\ (?:not\ able|unable|not\ allowed|not\ permitted|not\ comfortable)|do(?:n['’]t|\ not)\ feel\ comfortable
    |(?:must|have\ to|need\ to)\ (?:\w+\ )?decline|['’]m)|I['’]m\ (?:not\ able|unable|not\ allowed|not\ comfortable))"""
# What an assistant does and is asked for; "help but laugh" and "help it" are something else.
DUTY = r"""(?:
    (?:help|assist)(?:ing)?(?:\ you)?(?=\ (?:you|with|to)\b|\s*[.,;!]|$) | compl(?:y|ying)\b | (?:answer|fulfil{1,2}|complet|satisf)\w*\ (?:that|this|your|the)\b
  | (?:do|discuss|engage\ in|participate\ in|support|condone|encourage|promote)(?:ing)?\ (?:that|this|such|illegal|harmful|violen|hate)
  | (?:provide|provid|offer|give|giv|share|generat|creat|produc|writ)(?:e|ing)?\ (?:you\ )?(?:with\ )?(?:\w+\ ){0,3}(?:
        advice|information|instructions?|guidance|details|content|assistance|help|support|recommendations?|opinions?|that|this|such|
        jokes?|stor(?:y|ies)|code|material|request|response|answers?|diagnos[ei]s|speech|statements?|language)\b
)"""
# After an apology or "as an AI" it may be said of more: what a machine cannot reach.
OUT_OF_REACH = r"""(?:(?:access|brows|open|view|search|see|perform|process|translat|predict|respond|continu|recommend|play|send|read)\w*\b
    |have\ (?:access|the\ ability|real-?\ ?time)|tell\ you)"""
REFUSAL = re.compile(
    rf"""^\W{{0,9}}(?:
    (?:{SORRY}[,.;:!]?\ (?:but\ |that\ )?(?:{ASIDE})? | {ASIDE}){CANNOT}\ (?:\w+\ ){{0,2}}?(?:to\ |in\ )?(?:{DUTY}|{OUT_OF_REACH})
  | {ASIDE}{CANNOT}\ (?!have|feel|experience|see|taste|smell|be\b)
  | {CANNOT}\ (?:in\ good\ conscience\ )?(?:to\ )?{DUTY}
  | (?:(?:I(?:\ am|['’]m)\ )?sorry,?\ (?:but\ )?)?it(?:['’]s|\ is|\ would\ be)\ (?:not\ appropriate|inappropriate|unethical|against\ my\ \w+)\ (?:for\ me\ )?to\ {DUTY}
  | I\ (?:must|have\ to)\ (?:\w+\ )?(?:decline|refuse)\ (?:to\ {DUTY}|(?:that|this|your)\ request)
  )""",
    re.IGNORECASE | re.VERBOSE,
)
GIVE_KO = r"(?:도와|알려|답변(?:을|해)?|대답(?:을|해)?|제공(?:을|해)?|작성(?:해)?|설명(?:해)?|말씀|번역(?:해)?|추천(?:해)?)\s?(?:드릴|드리기|할|하기)"
REFUSAL_KO = re.compile(
    rf"""^\W{{0,9}}(?:
    (?:(?:정말\s|매우\s|대단히\s)?(?:죄송|미안|유감|아쉽)\S{{0,8}}|안타깝\S{{0,4}}|{AI_KO}{ROLE_KO}(?:으로서|로서))[^\n]{{0,80}}?
        (?:{GIVE_KO}|도울|응할|응하기|수행할|처리할)
  | (?:(?:저는|제가)\s)?[^.!?\n]{{0,30}}(?:요청|질문|내용|주제|부탁)[^.!?\n]{{0,25}}(?:{GIVE_KO}|도울|응할|응하기)
  )\s?(?:수\s?(?:가|는)?\s?없|어렵|곤란)""",
    re.IGNORECASE | re.VERBOSE,
)


def flags(text, *, finish_reason="", names=()):
    """Return the flags of a response, in the order of `Flag`.

    `finish_reason` is the server's word for why the answer ended; `names` are what its model is called: names and ids.
    """
    start = text[: 2 * BEGINNING].lstrip()[:BEGINNING]
    found = {
        Flag.LEAK: _gives_itself_away(text, tuple(names)),
        Flag.REFUSAL: REFUSAL.search(start) or REFUSAL_KO.search(start),
        Flag.TRUNCATED: (finish_reason or "").lower() in CUT_SHORT,
    }
    return [flag.value for flag, is_so in found.items() if is_so]


# Without one of these no leak is found: looking for them is many times quicker.
TELLING = re.compile(
    r"\bAI\b|A\.I\.|artificial intell|language model|chat ?bot|LLM|GPT|davinci|qwen|deepseek|glm|exaone|mixtral|lamda|clova"
    r"|ernie|bing|copilot|claude|gemini|bard|llama|mistral|gemma|grok|kimi|vicuna|alpaca|palm|falcon|solar|sydney|cortana"
    r"|alexa|siri|openai|anthropic|deepmind|xai|cohere|eleuther|hugging|cut-?\ ?off|my (?:last|latest|most) "
    r"|인공지능|AI|언어|챗|클로|제미|바드|라마|미스|엑사|딥시크|큐원|제 지식|제 학습",
    re.IGNORECASE,
)


def _gives_itself_away(text, names):
    own = _own_names(names)
    return (own and own.search(text)) or (TELLING.search(text) and (LEAK.search(text) or LEAK_KO.search(text)))
