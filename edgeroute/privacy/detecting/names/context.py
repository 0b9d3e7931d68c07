# ruff: noqa: E501 - a pattern is read whole
"""What makes a name private: kinship, health, work, law, letters, forms, the writer's own.

A name alone says little. The same name in "Who was ...?" is a question of fact, in a novel it is a
character, in a maths problem it is nobody. The words around it decide; but beside illness, trouble
at work or law no question, sum or story makes a private name nobody's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from edgeroute.privacy.detecting.text.page import Page

BARE: Final = 0.4
NOBODY: Final = 0.2
_BLOCK: Final = 1000
_NEAR: Final = 240

_TITLE: Final = r"(?:(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|mister|herr|frau|herrn|monsieur|madame|m|mme|se\u00f1or|se\u00f1ora|sr|sra|signor|signora|sig|pan|pani|pana|meneer|mevrouw|senhor|senhora|dhr|mevr|dott)\.?\s{1,2}){0,2}"

MY: Final = r"(?:my|our|mein|meine|meiner|meinem|meinen|unser|unsere|mon|ma|mes|notre|mi|mis|nuestro|nuestra|il mio|la mia|mio|mia|miei|mie|nostro|nostra|mijn|onze|m\u00f3j|moja|moje|mojego|mojej|mojemu|moj\u0105|nasz|nasza|meu|minha|nosso|nossa)"
KIN: Final = (
    r"(?:daughter|son|wife|husband|ex|ex-husband|ex-wife|ex husband|ex wife|partner|fianc\u00e9e?|fiancee?|girlfriend|boyfriend|mother|mom|mum|father|dad|parents?|sister|brother|sibling|aunt|uncle|cousin|nephew|niece"
    r"|grand(?:mother|father|ma|pa|son|daughter)|(?:step|half)[ -]?\w{3,8}|(?:mother|father|sister|brother|son|daughter)-in-law|kid|child|baby|twins?|friend|bestie|roommate|flatmate|housemate|neighbou?r|landlord|landlady"
    r"|tenant|patient|client|customer|colleague|coworker|co-worker|boss|manager|supervisor|employee|employer|assistant|student|pupil|teacher|tutor|coach|nanny|lawyer|doctor|therapist|accountant|beneficiary"
    r"|tochter|sohn|frau|mann|ehemann|ehefrau|ex-?mann|ex-?frau|mutter|vater|schwester|bruder|freund(?:in)?|kolleg(?:e|in|en)|chef(?:in)?|nachbar(?:in|n)?|vermieter(?:in)?|patient(?:in|en)?|sch\u00fcler(?:in)?|oma|opa|tante|onkel|kind"
    r"|fille|fils|femme|mari|ex-mari|m\u00e8re|p\u00e8re|s\u0153ur|soeur|fr\u00e8re|ami|amie|coll\u00e8gue|voisin|voisine|propri\u00e9taire|patiente|\u00e9l\u00e8ve|copine|copain|patronn?e?"
    r"|hija|hijo|esposa|esposo|marido|mujer|madre|padre|hermana|hermano|amiga|amigo|colega|jefa|jefe|vecina|vecino|casera|casero|paciente|alumna|alumno|novia|novio|abuela|abuelo|t\u00eda|t\u00edo"
    r"|figlia|figlio|moglie|sorella|fratello|amica|amico|vicina|vicino|capo|paziente|fidanzata|fidanzato|nonna|nonno|zia|zio"
    r"|dochter|zoon|vrouw|man|moeder|vader|zus|broer|vriend(?:in)?|buurman|buurvrouw|buur|baas|huisbaas|pati\u00ebnt(?:e)?|collega"
    r"|c\u00f3rka|c\u00f3rki|c\u00f3rce|syn|syna|synowi|\u017cona|\u017cony|m\u0105\u017c|m\u0119\u017ca|matka|mama|ojciec|tata|siostra|brat|brata|przyjaci\u00f3\u0142ka|przyjaciel|kolega|kole\u017canka|szef|szefowa|s\u0105siad|s\u0105siadka|s\u0105siada|pacjent(?:a|ka|ki|ce|owi)?"
    r"|filha|filho|mulher|m\u00e3e|pai|irm\u00e3|irm\u00e3o|vizinha|vizinho|chefe|aluna|aluno|namorada|namorado|av\u00f3|av\u00f4|tia|tio)"
)

# Right before a name. (pattern, score, whether it also holds in fiction and maths)
_OWN: Final = re.compile(
    r"(?:\b(?:my|full|first|last|our|legal|maiden) names? (?:is|was)|\bmy name'?s|\bi am|\bi'm|\bthis is|\bcall me|\bi, |\bsigned(?: by)?|^me:|\bmyself"
    r"|\bich (?:bin|hei\u00dfe|heisse)|\bmein name(?: ist)?|\bhier ist|\bje (?:m'appelle|suis)|\bmon nom est|\bmoi, |\bme llamo|\bmi nombre es|\bsoy|\bmi chiamo|\bil mio nome \u00e8|\bsono"
    r"|\bik (?:ben|heet)|\bmijn naam is|\bnazywam si\u0119|\bjestem|\bmam na imi\u0119|\bmeu nome \u00e9|\b(?:me )?chamo(?:-me)?|\bsou|\bjmenuji se|\bjag heter|\bjeg heter|\bbenim ad\u0131m|\bmeg h\u00edvnak|\bm\u0103 numesc|\b\u043c\u0435\u043d\u044f \u0437\u043e\u0432\u0443\u0442)"
    rf"\s{{0,2}}[,:]?\s{{0,2}}{_TITLE}$"
)
_MY_NAME: Final = re.compile(r"\bmy (?:full )?name is\s$|\bi, $")
_KINSHIP: Final = re.compile(
    rf"\b{MY}\s(?:[\w-]{{1,14}}\s){{0,2}}?{KIN}(?:\s(?:and|named|called|is|,)|,|'s name is|\s-|\s\()?\s{{0,2}}{_TITLE}$"
)
_OTHERS_KIN: Final = re.compile(
    rf"\b(?:his|her|their|your|the|a|an|former|ex)\s(?:[\w-]{{1,14}}\s){{0,2}}?(?:{KIN}|account owner|account holder|owner|applicant|candidate|employee|resident|defendant|plaintiff|claimant|victim|witness|suspect|nurse|physician|customer|user|representative)(?:\s(?:named|called|is|,)|,)?\s{{0,2}}{_TITLE}$"
)
_SALUTATION: Final = re.compile(
    r"(?:^|[\n:>\"'.!?]\s{0,3}|\b(?:friendlier|formally|politely|email|mail|message|letter|grammar)\W{1,3})(?:dear|hi|hello|hey|hiya|good (?:morning|afternoon|evening)|greetings|liebe[rs]?|hallo|sehr geehrte[rs]?|guten tag|cher|ch\u00e8re|bonjour|salut|estimad[oa]s?|querid[oa]|hola|gentile|egregi[oa]|car[oa]|ciao|beste|geachte|hoi|drog[ai]|szanown[ya]|cze\u015b\u0107|prezad[oa]|ol\u00e1|oi)"
    rf"(?:\s(?:there|all|team|both)|,)?\s{{1,2}}{_TITLE}$"
)
_SIGN_OFF: Final = re.compile(
    r"\b(?:(?:kind|best|warm|warmest|many|kindest)?\s?regards|sincerely(?: yours)?|yours(?: (?:truly|faithfully|sincerely))?|cheers|all the best|best wishes|thanks(?: (?:and regards|again|a lot|so much))?|thank you|respectfully|cordially|xoxo|love"
    r"|(?:mit )?(?:freundlichen|herzlichen|vielen|liebe|viele|beste) (?:gr\u00fc\u00dfen|gr\u00fc\u00dfe)|cordialement|bien \u00e0 vous|saludos(?: cordiales)?|atentamente|un saludo|cordiali saluti|distinti saluti|(?:met )?vriendelijke groet(?:en)?|groetjes|pozdrawiam|z powa\u017caniem|atenciosamente|abra\u00e7os?)"
    r"[,.!\s-]{1,4}$"
)
_FIELD: Final = re.compile(
    r"(?:^|[\n|,;{(>\t*\"'_-]|[.!?]\s|\s{2}|note\W{1,2}|:\s)\s{0,4}(?:(?:full|first|last|given|family|customer|patient|employee|client|contact|account|legal|user|tenant|student|applicant|candidate|cardholder|holder|sender|recipient|emergency|doctor|employer|manager|trustee|witness)?[ _-]?names?|patient(?:in)?|client|customer|tenant|employee|applicant|candidate|attn|attention|contact|cardholder|account holder|holder|owner|beneficiary|trustee|emergency contact|doctor|physician|m\u00e9dico|manager|supervisor|signed|signature|prepared by|submitted by|reported by|assigned to|assignee|author|interviewer|interviewee|user|member|resident|student|parent|guardian|spouse|from|to|cc|ship to|bill to|billing address|address|mieter|kontoinhaber(?: ist)?|inhaber|titulaire|titular|intestatario|w\u0142a\u015bciciel|rekeninghouder|nombre|apellidos?|nom|pr\u00e9nom|nome|cognome|naam|imi\u0119(?: i nazwisko)?|nazwisko|vorname|nachname|domicilio|remitente|responsable)"
    rf"[\"'*_]{{0,3}}\s{{0,3}}[:=|]\s{{0,12}}[\"'*_]{{0,3}}\s{{0,2}}{_TITLE}$"
)
_NAMED: Final = re.compile(
    r"(?:\b(?:my|his|her|their|full|first|last|maiden|partner's)\sname|,\sname|\b(?:nome|nombre|nom|naam|kontoinhaber ist|titulaire|titular|intestat[oa] a|w\u0142a\u015bciciel|op naam van|auf den namen|tenant|patient|resident|employee|customer|client|cardholder|beneficiary))\s{1,2}(?:is\s|of\s|are\s)?"
    + _TITLE
    + "$"
)
_ADDRESSED: Final = re.compile(
    r"\b(?:e-?mails?|mails?|messages?|texts?|letters?|notes?|cards?|toast|eulogy|speech|sms|dm|reply|reminder|invitation|invite|reference|recommendation|resignation|warning|complaint|review|evaluation|appraisal|feedback|report|apology|thank[ -]you|gift|party|surprise|birthday|wedding|funeral|meeting|call|appointment|arbeitszeugnis|zeugnis|beurteilung|\u00e9valuation(?: annuelle)?|lettre|certificat|evaluaci\u00f3n(?: de desempe\u00f1o)?|carta|correo|valutazione(?: annuale)?|lettera|beoordeling(?:sverslag|sgesprek)?|functioneringsverslag|brief|mailtje|ocen[aey]?(?: roczn[aeyą]+)?(?: pracownic[zaeyą]+)?|opini[aęe]|list|avalia\u00e7\u00e3o(?: de desempenho)?|referencia|referenz|refer\u00eancia)"
    rf"\s(?:\w{{2,12}}\s)?(?:to|for|from|about|with|on|an|f\u00fcr|von|\u00fcber|pour|de|\u00e0|para|a|sobre|per|di|voor|van|aan|over|dla|do|o|od|thanks for|saying thanks for)\s{_TITLE}$"
)
_ABOUT_SOMEBODY: Final = re.compile(
    r"\b(?:text|call|message|email|tell|ask|remind|invite|contact|ping|inform|notify|meet|meeting with|pay|paid|owe|owes|dating|married to|divorcing|with my|behalf of|registered to|belongs to|under|declined for|signed by|met with|beneficiary|thanks for|shoutout to|spoke (?:to|with)|talked to|appointment with|lunch with|dinner with)\s{1,2}"
    rf"{_TITLE}$"
)

_TITLED: Final = re.compile(
    r"\b(?:mr|mrs|ms|miss|herr|frau|mme|sra|pani|pan|mevrouw|meneer)\.?\s{1,2}$"
)

INITIAL: Final = re.compile(r"(?<![\w.])[^\W\d_]\.\s$")

# Right after a name.
_POSSESSION: Final = re.compile(
    r"^'s\s{1,2}(?:(?:full|current|new|home|personal|direct|old|bank|social|medical|contact|employee|credit|passport|driver'?s?|phone|email|e-mail|date of)\s){0,3}(?:ssn|social security|account|address|phone|number|card|passport|licen[cs]e|salary|records?|diagnosis|details|e-?mail|password|credentials|birth|dob|file|pan|aadhaa?r|tax|medication|test results?|biopsy|contract|performance)\b"
)
_DOING: Final = re.compile(
    r"^(?:,\s[^.\n]{0,40},)?\s{1,2}(?:lives? (?:at|on|in)|resides?|residing|lived at|was diagnosed|is diagnosed|has been diagnosed|can be reached|at \S+@|tested positive|got fired|was fired|was arrested|is pregnant|is on sick|submitted (?:ssn|her|his)|est en arr\u00eat|ist seit|est\u00e1 de baja|\u00e8 in malattia|jest na zwolnieniu|is sinds|est\u00e1 afastad[oa])"
)

_NO_PERSON: Final = re.compile(
    r"\b(?:bank|inc|ltd|llc|gmbh|ag|corp|company|group|university|college|school|hospital|clinic|city|new|north|south|san|los|las|united|street|model|system)\b"
)
_TO_ME: Final = re.compile(
    r"^\s(?:(?:owes|told|asked|called|hit|promised|sent|gave|lied to|cheated on|works (?:for|with)) (?:me|us|my)|is (?:my|our))\b"
)
_ILL: Final = re.compile(
    r"^\s(?:was diagnosed|is diagnosed|has been diagnosed|tested positive|is pregnant|is on sick|est en arr\u00eat|ist seit|est\u00e1 de baja|\u00e8 in malattia|jest na zwolnieniu|is sinds|est\u00e1 afastad[oa])"
)

_HEALTH: Final = (
    r"diagnos\w*|depress\w*|sick leave|on leave|pregnan\w*|hiv|cancer|tumou?r|chemo\w*|surger\w*|biops\w*|therap(?:y|ist)|medication|rehab|overdos\w*|suicid\w*|miscarriage|abortion|autis\w*|adhd|bipolar|anxiety|dementia|alzheimer\w*|disabilit\w*|hospitali[sz]ed|test results?|mri|prescri\w*|patient|migraine|diabet\w*"
    r"|krankgeschrieben|depression\w*|befund|diagnose|schwanger|krebs|arr\u00eat maladie|enceinte|de baja|embarazad\w*|c\u00e1ncer|malattia|incinta|ziek\w*|zwanger|kanker|zwolnieni\w*|depresj\w*|depresi\w*|depressie|choro\w*|ci\u0105\u017c\w*|afastad\w*|doen\u00e7a|gr\u00e1vida"
)
_WORK: Final = r"fired|layoffs?|laid off|resign\w*|salary|payroll|performance review|often late|missed (?:two )?deadlines|disciplinar\w*|terminat(?:ed|ion)|pip|promotion|burnout|harass\w*|complain\w*|onboarding|new hire|interviewed|work experience|unp\u00fcnktlich|gek\u00fcndigt|zwolnion\w*|licenziat\w*|despedid\w*|ontslagen|demitid\w*|en retard|ritardo|llega tarde|atras\w*|sp\u00f3\u017ani\w*|te laat"
_LAW: Final = r"arrest\w*|custody|divorc\w*|alimony|lawsuit|evict\w*|convict\w*|probation|restraining order|testament|beneficiary|inheritance|passport|visa|immigration|social security|bank account|loan|mortgage|credit card|landlord|rent|tenancy|insurance claim|affair|cheating|acknowledge that i|data (?:leak|breach)|leaked|confidential|credentials|account issue|employee records|contact details|personal (?:data|information|details)|incident report|his ssn|her ssn"
MATTERS: Final = re.compile(rf"\b(?:{_HEALTH}|{_WORK}|{_LAW})\b")

_FICTION: Final = re.compile(
    r"\b(?:stor(?:y|ies)|novels?|fiction\w*|fan ?fic\w*|screenplay|characters?|protagonist|episodes?|sitcom|anime|manga|fairy ?tale|fable|role-?play\w*|pretend|dialogue|monologue|lyrics|haiku|limerick|sonnet|poems?|rpg|dnd|d&d|superhero|wizard|villain|crossover|parody|satire|(?:rap|song|joke|play|movie|film|comedy|scene|sketch) (?:about|in which|where|script|between)|(?:scene|script) (?:for|of)|geschichte|roman|gedicht|histoire|conte|cuento|historia de|racconto|storia|verhaal|opowiadanie|bajka|conto)\b"
)
_MATHS: Final = re.compile(
    r"\b(?:how (?:many|much|far|long|old|fast|tall)|what(?:'s| is| are| was| were| will be| would be)? (?:the|his|her|their|its) (?:annual|combined|cost|price|number|salary|length|age|total|average|sum|difference|ratio|probability|percentage|perimeter|area)|in total|altogether|combien|wie ?(?:viel\w*|oft|lange|weit|alt|gro\u00df|hoch|schnell)|cu[a\u00e1]nt[oa]s?|quant[oi]|quanti|quante|hoeveel|ile|quantos|quantas|\u0441\u043a\u043e\u043b\u044c\u043a\u043e)\b"
)
_QUESTION: Final = re.compile(
    r"^\W{0,3}(?:(?:in|on|at|to|for|from|by|with) (?:which|what|whom)|who|what|when|where|which|whose|why|how|is|are|was|were|did|does|do|has|have|list|name|give me|show|tell me|summari[sz]e the life|write a biography|biography|compare|explain|describe|wer|was|wann|wo|welche\w*|wie|fasse das leben|nenne|liste|gib|qui|que|quand|o\u00f9|quel\w*|combien|r\u00e9sume la vie|donne|qui\u00e9n\w*|qu\u00e9|cu\u00e1\w*|d\u00f3nde|resume la vida|dame|chi|cosa|quando|dove|quale|riassumi la vita|dammi|wie|wat|wanneer|waar|welke|vat het leven|geef|kto|co|kim|kiedy|gdzie|jak\w*|stre\u015b\u0107 \u017cycie|quem|o que|onde|qual|resuma a vida)\b"
)
_PERSONAL: Final = re.compile(rf"\b(?:{MY}|me|i'm|i am|mich|mir|moi|ik|mnie)\b")


@dataclass(frozen=True, slots=True)
class Kind:
    """What sort of text a page is, as far as names go."""

    fiction: bool
    maths: bool
    question: bool


_ANY: Final = Kind(fiction=False, maths=False, question=False)


def kind(page: Page, place: int) -> Kind:
    """The kind of ``page`` around ``place``: its opening words and the thousand or two nearby."""
    block = place // _BLOCK
    return _kind(
        page.lower[max(0, block - 1) * _BLOCK : (block + 2) * _BLOCK],
        page.lower[:400],
        len(page.lower),
    )


@lru_cache(maxsize=64)
def _kind(near: str, opening: str, length: int) -> Kind:
    text = f"{opening}\n{near}" if length > 2 * _BLOCK else near
    digits = re.search(r"\d|\b(?:two|three|four|five|six|twice|half|dozen)\b", text) is not None
    question = length < 400 and _QUESTION.match(near) and not _PERSONAL.search(near)
    return Kind(
        fiction=_FICTION.search(text) is not None,
        maths=digits and _MATHS.search(text) is not None,
        question=bool(question),
    )


def setting(page: Page, place: int) -> Kind:
    """The kind of ``page`` around ``place``, but none where illness, work or law is near.

    A question, a sum or a story may stand around a name and a matter that are all too real.
    """
    if MATTERS.search(page.lower, max(0, place - _NEAR), place + _NEAR):
        return _ANY
    return kind(page, place)


def standing(page: Page, start: int, end: int, *, whole: bool) -> float:
    """How surely the name at ``[start, end)`` is of somebody private, 0..1.

    ``whole`` says that it is a given name with a surname; half a name needs more around it.
    """
    before = page.before(start, 90)
    if _KINSHIP.search(before):
        return 0.85
    sort = setting(page, start)
    if sort.maths or sort.question:
        return NOBODY
    if _OWN.search(before):
        return 0.8 if not sort.fiction else 0.6 if _MY_NAME.search(before) else 0.5
    return NOBODY if sort.fiction else _beside(page, start, end, whole=whole)


def _beside(page: Page, start: int, end: int, *, whole: bool) -> float:
    """The standing that the words right beside a name, or else its sentence, give it."""
    before, after = page.before(start, 90), page.after(end, 60)
    for pattern, score, half in _AFTER_IT:
        if pattern.match(after):
            return score if whole else half
    for pattern, score, half in _BEFORE_IT:
        if pattern.search(before):
            return score if whole else half
    low, high = sentence(page, start)
    whole = whole or _TITLED.search(before) is not None or INITIAL.search(before) is not None
    return _MATTERING if whole and MATTERS.search(page.lower, low, high) else BARE


# What stands beside a name, and how private it makes a whole name and half of one.
_BEFORE_IT: Final = (
    (_SIGN_OFF, 0.75, 0.75),
    (_FIELD, 0.75, 0.55),
    (_SALUTATION, 0.7, 0.7),
    (_NAMED, 0.7, 0.7),
    (_ADDRESSED, 0.7, 0.7),
    (_ABOUT_SOMEBODY, 0.65, 0.65),
    (_OTHERS_KIN, 0.65, 0.55),
)
_AFTER_IT: Final = ((_POSSESSION, 0.8, 0.8), (_DOING, 0.65, 0.65), (_TO_ME, 0.65, 0.5))
_MATTERING: Final = 0.65


def certain(page: Page, start: int, end: int) -> bool:
    """Whether two capitalised words at ``[start, end)`` are a private name whatever a model says."""
    if _NO_PERSON.search(page.lower, start, end):
        return False
    if _KINSHIP.search(page.before(start, 90)):
        return True
    return (
        _ILL.match(page.after(end, 60)) is not None
        and standing(page, start, end, whole=True) > BARE
    )


def sentence(page: Page, place: int) -> tuple[int, int]:
    """Where the sentence around ``place`` starts and ends; at most 240 characters to either side."""
    low = max(0, place - _NEAR)
    for mark in _STOPS.finditer(page.text, low, place):
        low = mark.end()
    stop = _STOPS.search(page.text, place, place + _NEAR)
    return low, stop.start() + 1 if stop else min(len(page.text), place + _NEAR)


_STOPS: Final = re.compile(r"(?<![A-Z])(?<!\b(?:mr|ms|dr|st))(?<!mrs)[.!?]\s|\n", re.IGNORECASE)

NEAR_IN_STORIES: Final = re.compile(
    rf"\b{MY}\s(?:[\w-]{{1,14}}\s){{0,2}}?{KIN}\b|\bmy (?:full )?name is\b|\bi, "
)
