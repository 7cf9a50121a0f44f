"""The phrases behind which an employer's name or a role's title stands; data in the shape of patterns."""

from __future__ import annotations

import re

_WORD = r"(?:[^\W\d_a-zß-öø-ÿ][\w'&.+-]*|[A-Z0-9][\w'&.+-]*|[a-z]+[A-Z]\w*)"
# A name: up to six capitalised words, with the small words that may stand between them.
_NAME = rf"({_WORD}(?: (?:{_WORD}|&|and|of|the|for|de|la|du|der|und|et|y|e)){{0,5}})"
_NAME_END = r"(?= (?:and|is|was|has|have|team|for the)\b|[,.!?:;)(\n|–—-]|\s-\s|$)"  # noqa: RUF001  dashes are meant
_AT = "(?i:at|to|with|in|bei(?: der| dem)?|chez|en|na|no|da|do|bij|presso|w|hos)"
_APPLICATION = "(?i:bewerbung|candidature|candidatura|sollicitatie|aplikacja)"
_THANKS = "(?i:thank you|thanks) (?i:for|so much for)"
_ABOUT_IT = "(?i:your (?:application|interest|candidacy)|applied|applying|position|role|opportunity|interview|career)"
_ABOUT_IT_ROMANCE = "(?i:candidature|candidatura|intérêt|interés|interesse|vaga|poste)"
_SENT = "(?i:applying|your (?:recent )?application|your interest)"
_DASH = r"(?:\||-|–)"  # noqa: RUF001  dashes are meant

SUBJECT_EMPLOYER = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_THANKS} (?i:applying|your application|your interest|interviewing|your submission),? {_AT} {_NAME}",
        rf"(?i:interest in|interview (?:with|at)|applying (?:to|at)|application (?:to|at|with)) {_NAME}",
        rf"{_APPLICATION}\b.{{0,80}}? (?i:bei|chez|en|na|bij|presso|w) {_NAME}",
        rf"(?i:application|role|position|opportunity|interview)\b.{{0,80}}? (?i:at|with) {_NAME}",
        rf"^{_NAME}(?:| |:) ?{_DASH} .*(?i:application|interview|bewerbung|candidature|assessment|role|position)",
        rf"(?i:application|interview|candidature|bewerbung).* {_DASH} {_NAME}$",
        rf"(?i:your) {_NAME} (?i:application|interview)",
        rf"(?i:was sent to) {_NAME}",
    )
)
BODY_EMPLOYER = tuple(
    re.compile(pattern + _NAME_END)
    for pattern in (
        rf"{_THANKS} {_SENT}[^.\n]{{0,120}}? (?i:at|to|with|in|joining) (?i:the )?{_NAME}",
        rf"{_ABOUT_IT}\b[^.\n]{{0,90}}? (?i:at|with|to|in) (?i:the )?{_NAME}",
        rf"(?i:bewerbung|interesse|stelle|position)\b[^.\n]{{0,90}}? (?i:bei(?: der| dem)?|an der|in der) {_NAME}",
        rf"{_ABOUT_IT_ROMANCE}\b[^.\n]{{0,90}}? (?i:chez|en|na|no|da|a|presso|pour) {_NAME}",
    )
)
SIGNATURE = re.compile(
    rf"(?m)^\W*(?i:the )?{_NAME}"
    r" (?i:(?:talent|recruit\w*|hiring|people|hr|careers?|human resources|acquisition)\b.{0,30}|team\W*)$"
)
DEPARTMENT = re.compile(
    r"(?i)\b(?:talent|recruit\w*|hiring|careers?|people|jobs?|hr|human resources|acquisition|team|no-?reply"
    r"|notifications?|personal(?:abteilung)?|bewerbermanagement|candidates?|applications?|operations)\b.*$"
)
DESK = re.compile(
    r"(?i)(?:jobs?|careers?|hr|recruit\w*|talent|hiring|people|no-?reply|donotreply|bewerbung\w*|karriere|rh|emploi)\b"
)
VIA = re.compile(r"(?i)\s+(?:via|through|über|powered by)\s+.*$")
PERSON_AT = re.compile(r"(?i)^.+?(?: (?:at|from|von|de chez|@) |\s*[(|])\s*(.+?)\)?$")

# A title begins with a capital or a digit, as titles do, and ends where the sentence goes on.
_TITLE = r"[\"']?([A-Z0-9ÄÖÜÉ][^\"'\n.:;!?|]{2,70}?)[\"']?"
_TITLE_END = (
    r"(?=,? (?i:position|role|job|opening|vacancy|post|at|with|in our|here|and|has|was|is|will|on our|bei|chez|im"
    r"|in der)\b|[\"'.:;!?|\n]| - | \(|,|$)"
)
_APPLYING = "application|applying|applied|interest|interview|candidacy|considered|consideration|interviewing"
_FOR_THE_ROLE_OF = (
    r"\bfor (?:the |our |an? )?(?:(?:open )?(?:position|role|post|job|vacancy)(?: of| as|:)? )?(?:an? |the )?"
)
_LEAD_INS = (
    rf"(?i:\b(?:{_APPLYING})\b[^.\n]{{0,60}}?{_FOR_THE_ROLE_OF})",
    r"(?i:\b(?:position|role|post|vacancy|job)(?: of| as| title|:|:? is):? )",
    r"(?i:\bapplication(?: received| status| update)?(?::| -|,) )",
    r"(?i:\bbewerbung(?: um die stelle)?(?: als| für die (?:stelle|position)(?: als)?| auf die stelle(?: als)?:?) )",
    r"(?i:\b(?:stelle|position)(?: als|:) )",
    r"(?i:\bcandidature (?:au poste de|pour le poste (?:de |d')) ?)",
    r"(?i:\b(?:vaga|puesto|posición|vacature|stanowisko) (?:de |para |van )?)",
)
ROLE = (
    *(re.compile(lead_in + _TITLE + _TITLE_END) for lead_in in _LEAD_INS),
    re.compile(r"\b(?i:our|the) ([A-Z][\w/&+-]*(?: [A-Z][\w/&+-]*){0,5}) (?i:position|role|opening|vacancy|job)\b"),
)
# A name that holds one of these is a role's.
OCCUPATION = re.compile(
    r"(?i)\b(?:engineer|developer|analyst|scientist|intern(?:ship)?|manager|assistant|specialist|coordinator"
    r"|technician|designer|consultant|officer|nurse|teacher|administrator|representative|associate)s?\b"
)

_LEGAL_FORMS = """
    inc incorporated llc llp ltd limited plc corp corporation co company gmbh ag se kg kgaa ohg ug mbh sa sas sarl srl
    spa bv nv ab as asa oy oyj aps sl sp zoo pty pte pvt group holding holdings the and und et y e
"""
_NOT_NAMES = """
    you your our us we this the a an it all future thank thanks dear hello hi regards sincerely best team applicant
    candidate application position role job opportunity interview next talent acquisition recruiting recruitment hiring
    human resources people hr careers career jobs department office
    monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december
"""
LEGAL_FORMS = frozenset(_LEGAL_FORMS.split())
NOT_NAMES = frozenset(_NOT_NAMES.split())
