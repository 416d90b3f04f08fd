"""What in a text may say who somebody is, or let others in? Found by form and check digits alone.

Names, addresses and stories have no form: people find those. What is found holds a prompt back from training until
somebody has decided; so it is better to find too much than too little.
"""

import re

from labeling.prompts.hygiene import contacts, machines, numbers
from labeling.prompts.models import FindingKind

# With fewer digits close to each other than the shortest phone number has, there is none of these.
DIGITS = re.compile(r"[0-9](?:[^0-9\n]{0,3}[0-9]){6}")
IN_DIGITS = (
    (FindingKind.RESIDENT.value, numbers.residents),
    (FindingKind.CARD.value, numbers.cards),
    (FindingKind.IBAN.value, numbers.ibans),
    (FindingKind.PHONE.value, contacts.phones),
)
ELSEWHERE = (
    (FindingKind.SECRET.value, machines.secrets),
    (FindingKind.EMAIL.value, contacts.emails),
    (FindingKind.IP.value, machines.ips),
    (FindingKind.PATH.value, machines.paths),
)


def personal(text):
    """Return [(kind, start, end), …] in the order of the text; where two overlap, the earlier and longer one.

    >>> personal("Write to ann@attune.example or call 010-1234-5678.")
    [('email', 9, 27), ('phone', 36, 49)]
    """
    patterns = ELSEWHERE + IN_DIGITS if DIGITS.search(text) else ELSEWHERE
    found = [(start, -end, kind) for kind, spans in patterns for start, end in spans(text)]
    kept, last = [], 0
    for start, minus_end, kind in sorted(found):
        if start >= last:
            kept.append((kind, start, -minus_end))
            last = -minus_end
    return kept
