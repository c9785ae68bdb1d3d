"""The words that tell a question from chatter, in English, German, French and Spanish."""

import re
from typing import Final


def _any(*patterns: str) -> re.Pattern[str]:
    """Return a pattern that finds any of `patterns`, whatever their case."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


FILLER: Final = _any(
    r"^(?:(?:ok(?:ay)?|kk?|oh|ah|aha|hm+|well|so|also|then|now|but|yes|yeah|yep|sure|right|true"
    r"|thanks?(?: you)?(?: a lot| so much| very much| again)?|thx|ty|cool|great|nice|perfect|good"
    r"|interesting|got it|gotcha|makes sense|understood|sorry|hi|hello|hey(?: there)?|wow|wait"
    r"|good (?:morning|afternoon|evening)|all|everyone|everybody|team|folks|there|quick one"
    r"|(?:a |one |another |stupid |silly |dumb |quick |random |general )*questions?(?: for you)?"
    r"|one (?:more|last) (?:thing|question)|another thing|just (?:wondering|curious|to be sure)"
    r"|btw|by the way|please|pls|actually|maybe|perhaps|out of curiosity|in that case"
    r"|alles klar|danke(?: dir| schön| sehr| euch)?|vielen dank|super|prima|gut|ja|nein|hallo"
    r"|zusammen|moin|guten (?:morgen|tag)|servus|mal|eine? |kurze |noch eine |frage|aber|übrigens"
    r"|verstehe|sag mal|bitte|liebe kolleg\w+|merci(?: beaucoup)?|d'accord|très bien|parfait"
    r"|guys|y'all|leute|chicos|gente|les gars|bonjour|salut|coucou|à tous|mais|du coup|alors|petite |une |s'il (?:te|vous) pla[iî]t|stp"
    r"|(?:muchas )?gracias|vale|perfecto|genial|bien|hola|buenos días|buenas|a todos|pero|una "
    r"|pregunta|entonces|por cierto|por favor|oye)"
    r"(?:[\s,.:;!…\u2013\u2014-]+))+"
)
"""What may stand before a sentence's own beginning."""

ASKING_WORD: Final = _any(
    r"^(?:what|wh?ats|wat|how|hows|who|whos|whom|whose|where|wheres|when|whens|which|why)\b",
    r"^(?:for|to|from|by|in|at|on|with|of|until|since|under|within) (?:what|which|whom|when|where)\b",
    r"^(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have|may|must|isn'?t|doesn'?t"
    r"|don'?t|can'?t|won'?t|isnt) (?:it|that|this|there|these|those|the|i|we|they|he|she|one|a|an|my|our"
    r"|any|all|some|people|employees|\w+s)\b",
    r"\b(?:what|how) about\b",
    r"^(?:was|wie|wer|wo|woher|wohin|wann|warum|wieso|weshalb|welche\w?|wessen|wem|wen|womit"
    r"|wofür|worüber|woran|wozu|wieviele?)\b",
    r"^(?:an|bei|mit|für|von|ab|bis|seit|auf|in|zu|nach|über) (?:wen|wem|was|welche\w*|wann|wo)\b",
    r"^(?:gilt|gelten|gibt|ist|sind|hat|haben|habe|kann|können|könnte|darf|dürfen|muss|müssen"
    r"|soll|sollte|wird|werden|bekomm\w+|zähl\w+|geht|brauch\w+|steht|reicht|stimmt|funktioniert)"
    r" (?:es|das|dies\w*|der|die|den|dem|ich|man|wir|sie|er|ein\w*|auch|dafür|da|hier|jemand|mein\w*)\b",
    r"^(?:qui|quoi|quel\w*|où|quand|comment|combien|pourquoi|lequel\w*|est-ce|qu'est|c'est quoi"
    r"|c'est (?:où|quand|qui|combien)|y a-t-il|peut-on|doit-on|faut-il|puis-je|dois-je|a-t-on)\b",
    r"^(?:pour|à|de|avec|chez|depuis|jusqu'à|à partir de) (?:qui|quoi|quand|quel\w*|combien)\b",
    r"\bça change (?:quelque chose|quoi)",
    r"^(?:qué|quién\w*|cuál\w*|cuánt\w*|cómo|dónde|cuándo|por qué|adónde|como (?:se|puedo|hago)"
    r"|donde (?:est|se|puedo)|cual (?:es|era)|cuant[oa]s?|hay (?:algún|alguna|que|un))\b",
    r"^(?:a|para|de|con|desde|hasta|en) (?:qué|quién\w*|cuándo|dónde|cuál\w*)\b",
)
"""What begins a question, also where nobody wrote its mark."""

NOT_ASKING: Final = _any(
    r"^(?:what|how|where|when|who|which|why) (?:i|i'\w+|we|they|he|she|you|it|it's|that|that's|the \w+ (?:is|was|said|did))\b",
    r"^which (?:is|was|means|makes|i|we)\b|^when (?:that|this|the|my|our)\b|^why (?:not|thank)\b(?! (?:use|just))",
    r"^did (?:it|that|this)\b|^(?:have|has|had|is|was|were) (?:a|an|the same|my|our|one|all|some)\b|^does the (?:job|trick)\b",
    r"^(?:was|wie|wo|wer|wann|wem) (?:ich|wir|mich|uns|mir|gesagt|immer|schön|gut|blöd|schade|toll|auch immer|erwartet)\b",
    r"^habe? (?:ich|wir)\b|^haben wir\b|^(?:kann|muss|werden?|darf|soll) (?:ich|wir|man) (?:mir|nur|bestätigen|verstehen|gut|mal|gern|machen|nachvollziehen)\b",
    r"^ist (?:das |ja |doch |mir |schon )+(?:\w+ )?(?:gut|geil|schön|super|blöd|ärgerlich|egal|bekannt|klar|erledigt|passiert)\b",
    r"^(?:quand|où|comment|qui) (?:je|on|j'\w+|tu|nous|ils|est (?:super|bien|top))\b|^quel(?:le)? (?:bonne|super|belle|horreur|surprise)\b|^qué (?:bien|bueno|pena|lástima|rabia|gracia)\b",
)
"""What begins as a question does, and is none without its mark."""

ELLIPSIS: Final = _any(
    r"^(?:and|but|und|aber|et|mais|y|e|pero|or|also|auch|oder)\s+(?:what|how|who|where|when|why|which"
    r"|for|in|on|at|with|without|if|during|from|after|before|outside|per|about|as|under|is|are|does"
    r"|do|can|für|bei|beim|mit|ohne|im|am|an|auf|wenn|was|wie|wer|wo|wann|nach|vor|während|zum|zur"
    r"|seit|pour|dans|en|si|avec|sans|pendant|chez|au|aux|à|quand|comment|para|con|sin|durante|a"
    r"|qué|cómo|cuándo|quién|cuánto\w*|los|las|el|la)\b",
    r"^(?:what|how) about\b|^was ist mit\b|^wie (?:ist|sieht) es (?:mit|bei)\b|^qu'en est-il\b|^quid\b",
    r"^(?:wh?at|und|and|et|y) (?:if|wenn|falls|si)\b|^qué (?:hay|pasa) (?:de|con|si)\b",
    r"^same (?:for|with|in|thing for)\b|^(?:the )?same (?:question )?(?:but )?for\b",
)
"""What goes on with the question before: "and for interns"."""

CORRECTION: Final = _any(
    r"\bi (?:meant|was asking|was talking about|was looking for|was thinking (?:of|about)|asked (?:about|for|if|whether|how))\b",
    r"\bi'?m (?:talking about|asking (?:about|for|whether|if)|referring to)\b|\b(?:my|the) question (?:was|is) (?:about|for|whether|if|how|what)\b",
    r"^(?:no\W+|nope\W+|sorry\W+|well\W+)*i mean\b",
    r"\bnot what i (?:asked|meant|was|wanted|need)|\b(?:isn't|not) my question\b|\bnot the question\b",
    r"^wrong \w+|\b(?:that|it|this)(?:'s| is| was| seems| looks) (?:wrong|outdated|incorrect|out of date"
    r"|the old|the wrong|not (?:right|correct|true|it|up to date))\b",
    r"\byou(?:'ve| have)? (?:misunderstood|misread|got (?:it|that|me) wrong|missed)\b",
    r"^not (?:the |for |in |about )?\w+(?: \w+)?[,;] ?(?:but |the )?\w+|^[\w-]+(?: [\w-]+)?, not [\w -]+$",
    r"\b(?:ich|wir) (?:mein(?:e|te|ten)|wollten? (?:eigentlich )?wissen|will (?:eigentlich )?wissen)\b",
    r"\bes (?:geht|ging) (?:mir )?(?:eigentlich )?um\b|\bmeine frage (?:war|ist)\b|\bma question (?:était|est|porte)\b|\bmi pregunta (?:era|es)\b",
    r"\b(?:hablo|hablaba|estoy hablando) de\b|\bpensaba en\b|\bpregunto por\b",
    r"\b(?:nicht meine|nicht die) frage\b|\bdas (?:ist|war) (?:falsch|veraltet|nicht (?:richtig|mehr))\b",
    r"\bdas stimmt (?:so )?nicht\b|\bnicht [\w äöüß-]+, sondern\b|^falsche\w? \w+",
    r"\bje (?:voulais dire|parlais|parle|veux dire|demandais|pensais à|voulais savoir)\b",
    r"\b(?:pas|n'est) (?:ma question|ce que je|ça que je)|\bc'est (?:faux|incorrect|obsolète)\b",
    r"\bme (?:refería|refiero|referia)\b|\b(?:quise|quería|quiero) decir\b|\bpreguntaba (?:por|sobre|si)\b",
    r"\bno (?:era|es) (?:eso|mi pregunta|correcto|lo que)\b|\b(?:está|es) (?:mal|incorrecto|erróneo)\b",
)
WEAK_CORRECTION: Final = _any(
    r"^(?:(?:hm+|ah|oh|well|sorry|eh|äh|ähm|ok|thanks|danke|merci|gracias|but|aber|mais|pero)[\s,.!\u2026-]+)*"
    r"(?:no|nope|nein|non|nee|nö)\b(?!\W*(?:thank|thx|worries|problem|prob|idea|need|way|rush|danke|merci|gracias"
    r"|biggie|clue|all good|more|that'?s (?:all|it|fine|ok|great|enough)|it'?s (?:ok|fine|good)|i(?:'ll| will|'m good)"
    r"|passt|alles (?:gut|klar)|c'est (?:bon|tout)|está bien|eso es todo|nada|$))[\s,.:;!-]+\S",
    r"^(?:actually|rather|eigentlich|en fait|en realidad|plutôt)\b(?!.*\b(?:great|good|nice|fine|makes sense|perfect"
    r"|help\w*|interesting|cool|funny|works|already|i'll|i can|never ?mind|forget|gut|schön|klar|bien|génial|genial)\b)",
)
"""A "no, the old one", which may contradict anybody."""

DOUBT: Final = _any(
    r"\b(?:are )?you (?:\w+ )?(?:sure|certain)\b|^(?:really )?sure\?|\bsure about (?:that|this|it)\b",
    r"\bis (?:that|this|it) (?:really |actually |still )?(?:right|correct|true|valid|current|up to date)\b",
    r"\bhow do you know\b|\bwhere (?:does it|do they|did you|is that|is this|is it) (?:say|find|get|written|from)",
    r"\bwhat(?:'s| is) (?:the|your) source\b|^(?:the )?source\?",
    r"\bbist du (?:dir )?(?:da )?sicher\b|^sicher\?|\bstimmt das\b|\bwo steht das\b|\bwoher (?:weißt|hast)\b",
    r"\b(?:tu es|t'es|vous êtes) s[uû]re?s?\b|^s[uû]re? ?\?|\bc'est (?:bien )?(?:sûr|vrai|exact) ?\?",
    r"\best[áa]s? segur[oa]\b|^¿?segur[oa]\?|\bes (?:eso )?(?:cierto|verdad|correcto)\?",
)

ORDER: Final = _any(
    r"^(?:explain|elaborate|clarify|summari[sz]e|translate|rephrase|simplify|list|describe|define|compare"
    r"|quote|cite|expand on|go into|look (?:up|for|in)|search|find (?:me|the|out|all|something))\b",
    r"^(?:show|tell|give|get|send) (?:me|us)\b|^try (?!to\b|turning|it\b|that\b|this\b|again\b|restart)\w",
    r"^(?:(?:i |we )?(?:need|want|get) |any |some |a bit )*more (?:details?|info(?:rmation)?|context|specific|precise)\b(?! (?:here|in|at|on)\b|:)|\bin (?:more|greater) detail\b",
    r"^(?:and |now )?(?:(?:much |a bit )?(?:longer|shorter|simpler)|in (?:german|english|french|spanish"
    r"|simple words|plain english|short|one sentence|a table|bullet points))(?: please| pls)?\W*$",
    r"^(?:tl;?dr|step by step|(?:(?:the |a |an |more |only |just )?(?:links?|sources?|details?|examples?|numbers?|lists?"
    r"|contacts?|address|forms?|templates?|steps|quelle|beispiele?|exemples?|liens?|enlaces?|ejemplos?)\b.*))"
    r"(?: please| pls| plz| bitte| stp| por favor)\W*$",
    r"^(?:erkläre?|zeige?|nenne?|liste|fasse?|übersetze?|suche?|sag|gib|schicke?|formuliere?|beschreibe?|vergleiche?)(?: (?:mir|uns))?\b"
    r"(?! schon)",
    r"\b(?:genauer|ausführlicher|kürzer|einfacher|detaillierter)(?: bitte| erklären)?\W*$",
    r"^(?:bitte )?auf (?:deutsch|englisch|französisch|spanisch)|^(?:gibt es |bitte )?mehr (?:details|infos?|informationen)\b(?! (?:hier|im|in|unter|auf))",
    r"^(?:reformule|envoie|indique|redonne|explique|montre|donne|résume|traduis|précise|cherche|dis|liste|détaille)(?:-| )?(?:moi|nous|le|la|z)?\b",
    r"^(?:avec |un peu )?plus de (?:détails|précisions)\b(?! ici)|^(?:en|plus) (?:français|anglais|allemand|court|simple)\b",
    r"^(?:explica|muestra|resume|traduce|busca|lista|resúmelo|tradúcelo|explícalo)\b|^(?:da|di|expl[ií]ca|mu[eé]stra"
    r"|p[aá]sa|ens[eé]ña|acl[aá]ra|det[aá]lla|env[ií]a|m[aá]nda|ind[ií]ca|res[uú]me|b[uú]sca)(?:me|nos)(?:lo|la)?\b",
    r"^(?:con )?más (?:detalles?|corto|información|concreto)\b|^en (?:español|inglés|alemán)\b",
)
ASKED_TO: Final = _any(
    r"\b(?:can|could|would|will) you (?:please |also |just |maybe |perhaps |briefly |quickly )*(?:explain"
    r"|(?:show|tell|give|find|get|send) (?:me|us)|give (?:an?|some|more|the|one)|show (?:the|an?|where|how)|tell (?:more|what"
    r"|how|which|where|who|when|if|whether)|list|summari[sz]e|translate|find|search|look (?:up|for|it up)|repeat|rephrase"
    r"|elaborate|expand|clarify|compare|link|quote|cite|describe|define|shorten|simplify|point (?:me|us|out)"
    r"|provide|be more|say (?:that|it|more)|go into|break)\b",
    r"\b(?:(?:kannst|könntest|würdest) du|(?:können|könnten|würden) sie) (?:\w+ ){0,5}(?:erklären|zeigen|sagen|nennen|auflisten|zusammenfassen"
    r"|übersetzen|suchen|beschreiben|vergleichen|raussuchen|verlinken|ausführen|wiederholen|geben)\b",
    r"\b(?:peux-tu|pouvez-vous|pourrais-tu|pourriez-vous|(?:est-ce que )?tu (?:peux|pourrais)) (?:\w+ ){0,2}"
    r"(?:donner|expliquer|montrer|dire|résumer|traduire|lister|préciser|détailler|chercher|trouver|indiquer)\b",
    r"\b(?:puedes|podrías|puede|podría) (?:\w+ ){0,2}(?:dar|explicar|mostrar|decir|resumir|traducir"
    r"|buscar|detallar|pasar|indicar|enseñar|aclarar)\w*",
)
"""What only somebody who answers is asked to do."""

INDIRECT: Final = _any(
    r"\bi(?:'m| am)? (?:also |just )?wonder(?:ing)?\b|^(?:just )?wondering (?:if|whether|how|what|when)\b",
    r"\bi(?:'d| would) (?:also )?(?:like|love|need) to (?:know|see|understand)\b|\b(?:good|great|nice) to know (?:if|how|what|whether)\b",
    r"^(?:i |we )?(?:also |still )?need (?:to know|the same|more info|info|that for|this for|it for)\b",
    r"\b(?:not sure|unclear|no idea|not clear) (?:if|whether|how|what|where|which|when)\b",
    r"\bi (?:don'?t|do not|still don'?t) understand\b|\bi (?:can'?t|cannot|couldn'?t) find\b|\bi(?:'m| am) (?:looking for|trying to (?:find|figure|understand|get|set))\b",
    r"\bcurious (?:if|whether|how|what|about)\b",
    r"\bich (?:wüsste|würde) gern|\bich frage mich\b|\bmich (?:würde interessieren|interessiert)\b|\bich suche\b",
    r"\bich (?:verstehe|finde) (?:\w+ ){0,3}nicht\b|\bweiß (?:ich )?nicht,? (?:ob|wie|wo|was)\b|\bunklar\b",
    r"\bje me demande\b|\bj'aimerais (?:bien )?savoir\b|\bje (?:voudrais|cherche)\b|\bje ne (?:comprends|trouve)\b",
    r"\bme pregunto\b|\b(?:me gustaría|quisiera|necesito) saber\b|\bno (?:entiendo|encuentro|me queda claro)\b|\bbusco\b",
)

GENERIC_YOU: Final = _any(
    r"\b(?:how|where|when|what|why) (?:do|can|would|should|must|could) you (?!think|feel|mean|want|know|like|guys|plan|leave|go\b|come)",
    r"\bdo you (?:need|have) (?:to|a|an|any|the)\b(?! (?:minute|moment|sec|spare|second|link|idea|clue|hand))|\bif you (?:are|have|work|get|leave|need|don't)\b",
    r"(?<!did )\byou (?:have to|need to|must|may|get (?:to|paid|a|an|the|\d+))\b",
    r"\bcan you (?!come|join|help|send|forward|approve|sign|review|look|check|take|talk|call|ping|ask|remind"
    r"|add|cover|handle|pick|bring|share|book|fix|update|do|make|wait|stop|believe|imagine|please|get|see|give|tell|show|tag"
    r"|confirm|put|try|test|move|invite|meet|start|drop|write|merge|also|just|let|hear|read|have|be\b)\w+",
)
"""The "you" that means anybody: "how do you apply for it?"."""

SECOND_PERSON: Final = _any(
    r"\b(?:you|your|yours|yourself|y'all|you'?re|you'?ve|you'?d|you'?ll)\b|\b(?:r|can|do|did|are|if|would|have) u\b",
    r"\b(?:du|dir|dich|dein\w*|euch|eure[rsmn]?|haste|kannste|biste|weißte)\b|\b\w+t ihr\b",
    r"\b(?:können|könnten|haben|wissen|würden|möchten|sind|werden|kommen|sehen|meinen|brauchen) sie\b",
    r"\b(?:tu|te|toi|ton|tes|vous|votre|vos)\b|\bt'\w+|\b\w+-tu\b|(?<![\w'])ta\b",
    r"\b(?:tú|tus|ti|contigo|vosotr\w+|vuestr\w+)\b|\bos (?:parece|apunt\w+|veo|va|viene)\b|\b(?:tienes|puedes|quieres|sabes"
    r"|vienes|vas|estás|eres|crees|piensas|podrías|hiciste|fuiste|viste|podéis|tenéis|habéis|queréis|vais|necesitas|haces|usas)\b",
    r"\bhas \w+(?:ado|ido|sto|cho)\b|\b\w{3,}(?:aste|iste)\b",
    # What somebody asks for is theirs to say.
    r"^(?:so )?is (?:this|that|it) (?:about|because)\b|^(?:also )?geht es (?:hier |da )?um\b|^es por\b",
)

PLAN: Final = _any(
    r"\bshall (?:i|we)\b|\b(?:want|need|like) me to\b|^(?:do you )?need (?:help|a hand|anything)\b|\blet'?s\b|\b(?:now what|what now|what'?s next)\b",
    r"\bshould i (?:ask|send|book|call|tell|take|bring|order|forward|do it|ping|come|join|start|wait|go|just|merge)\b",
    r"\b(?:can|could|should|may|might) we (?:please |just |maybe |quickly )*(?:talk|meet|discuss|sync|chat|postpone|reschedule"
    r"|catch up|grab|jump on|hop on|go over|go through|schedule a|wait|ask (?!for)|(?:move|push|skip|split|drop) (?:this|it|that|the (?:meeting|call|weekly))"
    r"|do (?:this|that|it) (?:tomorrow|today|later|together|at|on|now))\b",
    r"\bdo we (?:stop|wait|ask|start|ship|cancel|tell|continue|proceed|meet|still want|want)\b",
    r"\bare we (?:still|all|good|ready|meeting|going|done|on)\b|\bwhat (?:should|shall|do|are) we (?:get|do|order|call|name|doing|getting|wear)\b",
    r"\b(?:does|would|how about|make it|is) (?:at )?\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|uhr|h)?(?: (?:work|ok|fine|good))?\b\??$",
    r"\bdoes (?:tomorrow|\w+day|noon|\d\S*(?: ?[ap]m)?|later|next week) work\b|\bdoes (?:that|this|it) work for (?:you|everyone|everybody)\b|^does that work\??$",
    r"\bworks? for (?:you|me|us)\b|\b(?:fine|ok|okay|good|cool) with (?:you|that|this|everyone)\b",
    r"\bhow(?:'s| is) (?:it going|everyone|everybody|things|life|your)\b|\bhow are (?:you|things|we doing)\b|\bhow (?:did|was) (?:it|that|the trip|the weekend|the \w+)(?: go)?\??$|\bwhat'?s up\b",
    r"\b(?:did|have|has|are|is|was|were) (?:he|she)\b|\bhave they (?:replied|answered|called|signed|paid)\b|\bhis (?:mother|wife)\b|\bher husband\b",
    r"\bwhat(?:'s| is| has)? (?:happened|wrong|going on)\b|\bwas ist (?:denn )?(?:passiert|los)\b|\bque (?:s'est|se) pass\w+\b|\bqué (?:ha )?pas(?:ó|ado|a)\??$"
    r"|\balles (?:in ordnung|gut|ok|okay) (?:bei|mit)\b|\bist alles (?:in ordnung|gut|ok)\b|\b(?:everything|all) (?:ok|okay|alright|good)\?|\b¿?todo bien\b|\btout va bien\b",
    r"\b(?:sollen|wollen|gehen|treffen|fahren) wir\b|^soll ich\b|\bwas machen wir\b|\bmachen wir (?:heute|morgen|pause)\b|\bkönnen wir (?:\w+ )*(?:reden|sprechen|telefonieren|treffen|verschieben|klären)\b"
    r"|\bwie geht'?s\b|\bwie (?:war's|war es|lief(?:'s)?)\b|\blass(?:t)? uns\b|\bund jetzt\?",
    r"\bon (?:mange|se voit|y va|en parle|se retrouve|s'appelle|déjeune|décale)\b|\bon (?:fait quoi|va où|va manger|fait une pause|fait un point)\b|\bje (?:te|vous|m'en) \w+ ?\?|\bça va ?\?|\btu viens\b|\bet maintenant ?\?",
    r"\b(?:comemos|quedamos|nos vemos|hablamos)\b|^¿?(?:vamos|hacemos|tomamos|movemos|seguimos)\b|\bqué tal\b|\bqué (?:os|te) parece\b|\bcómo (?:fue|ha ido)\b|¿y ahora\?",
)
"""What people settle among themselves."""

KNOWS_ANYONE: Final = _any(
    r"\b(?:any ?(?:one|body)|some ?(?:one|body))(?: (?:here|else|of you))?(?: happen to)? (?:knows?|remembers?|have (?:an idea|a link|the link))\b",
    r"\b(?:any ?(?:one|body)|some ?(?:one|body)) (?:please )?(?:tell me|explain|point me)\b|\banyone know\b|\bany idea (?:how|where|what|when|who|which|if)\b",
    r"\b(?:weiß|weiss|wisst|hat|kann|könnte) (?:mir |uns |hier )?(?:jemand|wer|irgendwer)(?: \w+){0,2}? ?(?:,|sagen|erklären|eine? (?:idee|link|ahnung)|ob|wie|wo|was|wann|wer|welche)",
    r"\bquelqu'un (?:sait|saurait|connaît|connait|peut me dire|pourrait me dire|a une idée)\b",
    r"\balguien (?:sabe|sabría|conoce|me puede decir|me sabe decir|tiene idea)\b",
)
"""A question to the people around that a document may answer as well."""

GROUP: Final = _any(
    r"\b(?:any ?one|any ?body|some ?one|some ?body)(?:'s)? (?:here |else |of you )?(?:up|in|free|around|available|interested|coming|joining|going"
    r"|wants?|seen|tried|handled|used|ever|actually|already|else|having|got|keen|have (?:time|a|some|the)|mind|review|look|help|let|take|cover|check"
    r"|join|come|jump|give|send|drive|pick|merge|here|heard|notice\w*|with|for|able|willing)\b|^(?:any ?one|any ?body|some ?one|some ?body)\b",
    r"\b(?:everyone|everybody) (?:doing|ok|okay|good|here|coming|happy|fine)\b|\bwhere is (?:everyone|everybody)\b|\b(?:any|all|one|some|most) of (?:you|us)\b|\bare we all\b",
    r"\bwho(?:'?s| is| are|'re|'ll| will)? (?:(?!being|missing|counting|dealing|processing)\w+ing|up for|in\?|here|around|available|free|with me|still)\b|\bwho else (?:is|wants|was|thinks|has|uses)\b",
    r"\bwho (?:wants|needs a (?:ride|lift|coffee|hand)|has (?:time|handled|seen|used|been|done|tried)|broke|left|took|moved|forgot|ate|stole|did|was|can (?:take|join|cover))\b",
    r"\b(?:thoughts|opinions|objections|takers|preferences|volunteers|any ideas|suggestions|feedback)\b(?: (?:on|for|about) .*)?\?",
    r"\b(?:hat|kann|könnte|will|möchte|ist|war|kommt|geht|fährt|mag|wäre) (?:hier |da |noch |heute |morgen |mir )*(?:jemand|irgendwer)\b|^(?:jemand|irgendwer)\b|\b(?:von euch|allerseits)\b|\blust auf\b|\bmeinungen\b|\bseid ihr\b|\bhabt ihr\b",
    r"\bwer (?:kommt|geht|fährt|will|möchte|nimmt|bringt|war|macht (?:mit|heute)|ist (?:heute|morgen|da|dabei|noch|im|alles|gerade)|hat (?:lust|zeit|noch|schon|heute|hier|den|die|das|mein\w*)|kann (?:mal|kurz|mir|heute))\b",
    r"\b(?:quelqu'un|volontaires?)\b|\btout le monde (?:est|va bien|vient|a (?:bien|reçu|vu))\b|\bqui (?:vient|veut|va|prend|part|mange|serait|est (?:là|au bureau|dispo\w*|chaud\w*|partant\w*|en|de)|a (?:pris|vu|laissé|oublié|mangé|cassé|le temps|envie)|peut (?:m'|me |nous |venir|prendre))",
    r"\b(?:alguien|algún voluntario)\b|\bqui[eé]n (?:viene|va|quiere|se apunta|trae|está (?:en|hoy|libre|de)|ha (?:visto|cogido|dejado)|tiene (?:tiempo|ganas|un|mi)|puede (?:venir|ayudar|echar))\b",
)
OFFICE: Final = _any(
    r"\bwer (?:ist|hat) (?:\w+ )?(?:zuständig|verantwortlich|ansprechpartner\w*|zugriff|anspruch|dafür|der|die)\b",
    r"\bwho (?:is|are) (?:responsible|allowed|the|in|our|entitled|eligible|my|on the)\b|\bwho was responsible\b|\bwho has (?:access|to)\b",
    r"\bqui est (?:responsable|le|la|l'|en charge|chargé\w*|concerné\w*)\b|\bqui (?:a (?:droit|accès)|peut (?:valider|signer|approuver|demander|bénéficier))",
    r"\bqui[eé]n (?:es|está (?:a cargo|autorizado)|tiene (?:derecho|acceso)|puede (?:firmar|aprobar|solicitar))\b",
)
"""A question after who does something by office, which documents do answer."""

RHETORICAL: Final = _any(
    r"^(?:really|seriously|srsly|for real|wtf|wth|huh|what|say what|no way|no kidding|(?:are )?you (?:kidding|serious)(?: me)?|is this a joke)\W*$",
    r"(?:^|[\s,])(?:seriously|srsly|ernsthaft|im ernst|sérieux|sérieusement|en serio)\s*[?!]+\s*$",
    r"\bwho (?:knew|cares|even|asked\?|would(?:'ve| have) (?:thought|known|guessed))(?:\b|$)|\bwhy am i not\b|\bwhy (?:is|does|do|are|must) (?:it|this|that|these|they|everything|things|we|the \w+|my \w+)? ?(?:\w+ )?always\b",
    r"\bwhat (?:could|can) (?:possibly )?go wrong\b|\bwhat else is new\b|\bwhat'?s the point\b|^what an? \w+(?: \w+)?\W*$|\bwhat were they thinking\b",
    r"\bhow (?:cool|nice|great|sad|funny|cute|awesome|lovely|weird|crazy|convenient|ironic|typical|generous|dumb|stupid|wonderful) (?:is that|is this|can|could|of|was that)\b|\bhow (?:hard|difficult|bad|cheap) (?:can|could) (?:it|that|this|you|they) (?:be|get)\b",
    r"^(?:isn'?t|aren'?t|ain'?t|wasn'?t) (?:it|that|this) (?:just |so |a )?(?:great|wonderful|nice|lovely|funny|amazing|ironic|weird|cute|sweet|fun|sad|crazy|shame)\b",
    r"\b(?:can|could) you (?:believe|imagine)\b|\bguess what\b|\byou know what\b|\bare they (?:kidding|serious|joking|sending|out of)\b|\bdo they (?:really |even )?think\b",
    r"^\W*(?:\w+\W+){1,3}(?:isn'?t it|eh|huh|innit|or what|aren'?t they|doesn'?t it|nicht wahr|gell|n'est-ce pas|hein|¿?eh) ?\?+$",
    r"^(?:otra vez|again|schon wieder|encore)\b|\bis it (?:\w+day|the weekend|time for|over|beer|lunch\w*|five|5) ?\w*(?: yet)?\?",
    r"^(?:echt|wirklich|dein ernst|euer ernst|was|hä|wie bitte|ach ja|ach was)\W*$|\bwer hätte\b|\bwen (?:wundert|interessiert)\b|\bwas soll'?s\b",
    r"\bwie (?:cool|geil|schön|toll|süß|lustig|nett) (?:ist|war)\b|\bwarum (?:\w+ ){0,5}immer\b|\bkann (?:ja |doch )?nicht wahr sein\b|\bgeht'?s noch\b|\bwas (?:kann|soll) (?:da )?schon\b",
    r"^(?:vraiment|ah bon|hein|quoi|c'est une blague|pardon)\W*$|\bqui (?:l'eût|aurait) cru\b|\bpourquoi (?:est-ce )?toujours\b|\bà quoi bon\b",
    r"^(?:de verdad|cómo|qué|eh|no me digas)\W*$|\bqui[eé]n (?:lo )?(?:diría|hubiera|iba)\b|\bpor qué siempre\b|\bqué (?:más da|podría salir)\b",
)

INFORMATION: Final = _any(
    r"^\W*(?:just |small |quick )*(?:an? )?(?:fyi|f\.y\.i|heads[- ]?up|psa|note|reminder|for (?:the record|info|your information)|update|announcement)\b",
    r"^\W*(?:kleine |nur )?(?:zur (?:info|kenntnis|erinnerung)|z\.? ?k\.|info|hinweis|achtung|erinnerung)\b",
    r"^\W*(?:pour (?:info|rappel|votre information)|à noter|rappel|petit rappel|attention)\b",
    r"^\W*(?:para (?:vuestra |su |tu |que )?(?:info|lo sepáis|información)|aviso|nota|recordatorio|ojo|os aviso)\b",
)

REACTION: Final = _any(
    r"^\W*(?:thanks?|thank you|thx|ty|cheers|great|good (?:to know|one|point|luck|call|job|stuff)|nice|cool|perfect|awesome|amazing|lovely|wow|whoa|oh|ah|aha|ha|haha\w*|hah|lol|lmao|rofl|hehe\w*|gotcha|makes sense|understood|noted|agreed|true|exactly|indeed|fair(?: enough)?|interesting|damn|ugh|oof|yay|congrat\w*|happy birthday|welcome|oops|never ?mind|nvm|hm+|called it|love it|\+1|this|brilliant|excellent|sweet|phew|yikes"
    r"|danke\w*|vielen dank|toll|klasse|prima|passt|alles klar|genau|stimmt|glückwunsch|verstanden|ach so|achso|krass|gern\w*|hat sich erledigt|haha|cool|wahnsinn|schön|oha|super"
    r"|merci|génial|parfait|bravo|mdr|ptdr|compris|top|chouette|nickel|excellent"
    r"|gracias|muchas gracias|perfecto|genial|jaja\w*|entendido|de nada|qué bien|estupendo|anda)\b",
    r"^\W*(?:ok(?:ay)?|k|kk|yes|yep|yeah|yup|no|nope|sure|right|same|got it|will do|done|ja|nein|nee|gut|mach ich|jo|oui|non|ouais|bien|d'accord|sí|si|vale|claro|hecho)\b(?:\W+\w+){0,3}\W*$",
)
"""What takes no conversation further, where it is short."""

OVER: Final = _any(
    r"^\W*(?:never ?mind|nvm|forget it|thanks?\b|thank you|thx|lol|ha(?:ha)+|danke|hat sich erledigt|egal|merci|laisse"
    r"|gracias|déjalo|olvídalo)",
)
"""What takes nothing up that was asked back."""

MOMENT: Final = _any(
    r"\b(?:today|tonight|tomorrow|yesterday|right now|currently|just now|this (?:morning|afternoon|evening)|at the moment|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    r"\b(?:heute|gerade|eben|gestern|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch)\b|(?<!guten )\bmorgen\b",
    r"\b(?:aujourd'hui|demain|hier soir|ce (?:midi|soir|matin)|en ce moment|tout de suite)\b",
    r"\b(?:hoy|mañana|ahora|ayer|esta (?:tarde|noche)|este viernes)\b",
    r"^(?:did|has|was|were) |^have (?!to)|\b(?:is|are) .{1,60}\b(?:down|slow|broken|failing|red|stuck|ready|done|back|here|late|sick|working|yet)\??$",
    r"^(?:ist|sind|war) .{1,60}\b(?:kaputt|down|langsam|fertig|zurück|krank|schon da)\??$|^hat .{1,60}\b(?:schon|geklappt|gemeldet)\b",
    r"\blooks? (?:right|good|ok|okay)\b|\bwhich (?:one )?of (?:these|the two|you)\b",
    r"\bthe (?:meeting|call|standup|demo|retro) (?:moved|cancell?ed|still|starting)\b|\bmy (?:pr|charger|badge|keys|headset|mug)\b|\b(?:look at|review|merge) (?:my|this|the) \w+",
)
"""What no document can know."""
