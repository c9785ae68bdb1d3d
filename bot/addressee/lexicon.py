"""The words that tell a question from chatter, in English, German, French and Spanish."""

import re
from typing import Final


def any_of(*patterns: str) -> re.Pattern[str]:
    """Return a pattern that finds any of `patterns`, whatever their case."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


FILLER: Final = any_of(
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
    r"|guys|y'all|leute|chicos|gente|les gars|bonjour|salut|coucou|à tous|mais|du coup|alors"
    r"|petite |une |s'il (?:te|vous) pla[iî]t|stp"
    r"|(?:muchas )?gracias|vale|perfecto|genial|bien|hola|buenos días|buenas|a todos|pero|una "
    r"|pregunta|entonces|por cierto|por favor|oye)"
    r"(?:[\s,.:;!…\u2013\u2014-]+))+"
)
"""What may stand before a sentence's own beginning."""

ASKING_WORD: Final = any_of(
    r"^(?:what|wh?ats|wat|how|hows|who|whos|whom|whose|where|wheres|when|whens|which|why)\b",
    r"^(?:for|to|from|by|in|at|on|with|of|until|since|under|within) (?:what|which|whom|when"
    r"|where)\b",
    r"^(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have|may|must|isn'?t|doesn'?t"
    r"|don'?t|can'?t|won'?t|isnt) (?:it|that|this|there|these|those|the|i|we|they|he|she|one|a|an"
    r"|my|our"
    r"|any|all|some|people|employees|\w+s)\b",
    r"\b(?:what|how) about\b",
    r"^(?:was|wie|wer|wo|woher|wohin|wann|warum|wieso|weshalb|welche\w?|wessen|wem|wen|womit"
    r"|wofür|worüber|woran|wozu|wieviele?)\b",
    r"^(?:an|bei|mit|für|von|ab|bis|seit|auf|in|zu|nach|über) (?:wen|wem|was|welche\w*|wann|wo)\b",
    r"^(?:gilt|gelten|gibt|ist|sind|hat|haben|habe|kann|können|könnte|darf|dürfen|muss|müssen"
    r"|soll|sollte|wird|werden|bekomm\w+|zähl\w+|geht|brauch\w+|steht|reicht|stimmt|funktioniert)"
    r" (?:es|das|dies\w*|der|die|den|dem|ich|man|wir|sie|er|ein\w*|auch|dafür|da|hier|jemand"
    r"|mein\w*)\b",
    r"^(?:qui|quoi|quel\w*|où|quand|comment|combien|pourquoi|lequel\w*|est-ce|qu'est|c'est quoi"
    r"|c'est (?:où|quand|qui|combien)|y a-t-il|peut-on|doit-on|faut-il|puis-je|dois-je|a-t-on)\b",
    r"^(?:pour|à|de|avec|chez|depuis|jusqu'à|à partir de) (?:qui|quoi|quand|quel\w*|combien)\b",
    r"\bça change (?:quelque chose|quoi)",
    r"^(?:qué|quién\w*|cuál\w*|cuánt\w*|cómo|dónde|cuándo|por qué|adónde|como (?:se|puedo|hago)"
    r"|donde (?:est|se|puedo)|cual (?:es|era)|cuant[oa]s?|hay (?:algún|alguna|que|un))\b",
    r"^(?:a|para|de|con|desde|hasta|en) (?:qué|quién\w*|cuándo|dónde|cuál\w*)\b",
)
"""What begins a question, also where nobody wrote its mark."""

NOT_ASKING: Final = any_of(
    r"^(?:what|how|where|when|who|which|why) (?:i|i'\w+|we|they|he|she|you|it|it's|that|that's"
    r"|the \w+ (?:is|was|said|did))\b",
    r"^which (?:is|was|means|makes|i|we)\b|^when (?:that|this|the|my|our)\b|^why (?:not"
    r"|thank)\b(?! (?:use|just))",
    r"^did (?:it|that|this)\b|^(?:have|has|had|is|was|were) (?:a|an|the same|my|our|one|all"
    r"|some)\b|^does the (?:job|trick)\b",
    r"^(?:was|wie|wo|wer|wann|wem) (?:ich|wir|mich|uns|mir|gesagt|immer|schön|gut|blöd|schade"
    r"|toll|auch immer|erwartet)\b",
    r"^habe? (?:ich|wir)\b|^haben wir\b|^(?:kann|muss|werden?|darf|soll) (?:ich|wir|man) (?:mir"
    r"|nur|bestätigen|verstehen|gut|mal|gern|machen|nachvollziehen)\b",
    r"^ist (?:das |ja |doch |mir |schon )+(?:\w+ )?(?:gut|geil|schön|super|blöd|ärgerlich|egal"
    r"|bekannt|klar|erledigt|passiert)\b",
    r"^(?:quand|où|comment|qui) (?:je|on|j'\w+|tu|nous|ils|est (?:super|bien|top))\b"
    r"|^quel(?:le)? (?:bonne|super|belle|horreur|surprise)\b|^qué (?:bien|bueno|pena|lástima"
    r"|rabia|gracia)\b",
)
"""What begins as a question does, and is none without its mark."""

ALSO: Final = any_of(
    r"\b(?:also|too|as well|either|auch|ebenfalls|aussi|également|también|tampoco)\b|^same\b",
    r"^(?:se puede|puedo|podemos|tengo que|es (?:obligatorio|posible|necesario)|on peut"
    r"|ça (?:vaut|marche|compte))\b",
)
"""What asks whether something goes for others too."""

ELLIPSIS: Final = any_of(
    r"^(?:and|but|und|aber|et|mais|y|e|pero|or|also|auch|oder)\s+(?:what|how|who|where|when|why"
    r"|which"
    r"|for|in|on|at|with|without|if|during|from|after|before|outside|per|about|as|under|is|are|does"
    r"|do|can|für|bei|beim|mit|ohne|im|am|an|auf|wenn|was|wie|wer|wo|wann|nach|vor|während|zum|zur"
    r"|seit|pour|dans|en|si|avec|sans|pendant|chez|au|aux|à|quand|comment|para|con|sin|durante|a"
    r"|qué|cómo|cuándo|quién|cuánto\w*|los|las|el|la)\b",
    r"^(?:what|how) about\b|^was ist mit\b|^wie (?:ist|sieht) es (?:mit|bei)\b|^qu'en est-il\b"
    r"|^quid\b",
    r"^(?:wh?at|und|and|et|y) (?:if|wenn|falls|si)\b|^qué (?:hay|pasa) (?:de|con|si)\b",
    r"^same (?:for|with|in|thing for)\b|^(?:the )?same (?:question )?(?:but )?for\b",
)
"""What goes on with the question before: "and for interns"."""

CORRECTION: Final = any_of(
    r"^that(?:'s| is) (?:only |just )?(?:for|about)\b(?! sure)|^das (?:ist|gilt) (?:nur )?für\b",
    r"^(?:ça )?c'est (?:seulement |juste )?pour\b|^eso es (?:solo )?para\b",
    r"\bi (?:meant|was asking|was talking about|was looking for|was thinking (?:of|about)"
    r"|asked (?:about|for|if|whether|how))\b",
    r"\bi'?m (?:talking about|asking (?:about|for|whether|if)|referring to)\b|\b(?:my"
    r"|the) question (?:was|is) (?:about|for|whether|if|how|what)\b",
    r"^(?:no\W+|nope\W+|sorry\W+|well\W+)*i mean\b",
    r"\bnot what i (?:asked|meant|was|wanted|need)|\b(?:isn't|not) my question\b"
    r"|\bnot the question\b",
    r"^wrong \w+|\b(?:that|it|this)(?:'s| is| was| seems| looks) (?:wrong|outdated|incorrect"
    r"|out of date"
    r"|the old|the wrong|not (?:right|correct|true|it|up to date))\b",
    r"\byou(?:'ve| have)? (?:misunderstood|misread|got (?:it|that|me) wrong|missed)\b",
    r"^not (?:the |for |in |about )?\w+(?: \w+)?[,;] ?(?:but |the )?\w+"
    r"|^[\w-]+(?: [\w-]+)?, not [\w -]+$",
    r"\b(?:ich|wir) (?:mein(?:e|te|ten)|wollten? (?:eigentlich )?wissen"
    r"|will (?:eigentlich )?wissen)\b",
    r"\bes (?:geht|ging) (?:mir )?(?:eigentlich )?um\b|\bmeine frage (?:war|ist)\b"
    r"|\bma question (?:était|est|porte)\b|\bmi pregunta (?:era|es)\b",
    r"\b(?:hablo|hablaba|estoy hablando) de\b|\bpensaba en\b|\bpregunto por\b",
    r"\b(?:nicht meine|nicht die) frage\b|\bdas (?:ist|war) (?:falsch|veraltet|nicht (?:richtig"
    r"|mehr))\b",
    r"\bdas stimmt (?:so )?nicht\b|\bnicht [\w äöüß-]+, sondern\b|^falsche\w? \w+",
    r"\bje (?:voulais dire|parlais|parle|veux dire|demandais|pensais à|voulais savoir)\b",
    r"\b(?:pas|n'est) (?:ma question|ce que je|ça que je)|\bc'est (?:faux|incorrect|obsolète)\b",
    r"\bme (?:refería|refiero|referia)\b|\b(?:quise|quería|quiero) decir\b|\bpreguntaba (?:por"
    r"|sobre|si)\b",
    r"\bno (?:era|es) (?:eso|mi pregunta|correcto|lo que)\b|\b(?:está|es) (?:mal|incorrecto"
    r"|erróneo)\b",
)
WEAK_CORRECTION: Final = any_of(
    r"^(?:(?:hm+|ah|oh|well|sorry|eh|äh|ähm|ok|thanks|danke|merci|gracias|but|aber|mais"
    r"|pero)[\s,.!\u2026-]+)*"
    r"(?:no|nope|nein|non|nee|nö)\b(?!\W*(?:thank|thx|worries|problem|prob|idea|need|way|rush"
    r"|danke|merci|gracias"
    r"|biggie|clue|all good|more|that'?s (?:all|it|fine|ok|great|enough)|it'?s (?:ok|fine|good)"
    r"|i(?:'ll| will|'m good)"
    r"|passt|alles (?:gut|klar)|c'est (?:bon|tout)|está bien|eso es todo|nada|$))[\s,.:;!-]+\S",
    r"^(?:actually|rather|eigentlich|en fait|en realidad|plutôt)\b(?!.*\b(?:great|good|nice|fine"
    r"|makes sense|perfect"
    r"|help\w*|interesting|cool|funny|works|already|i'll|i can|never ?mind|forget|gut|schön|klar"
    r"|bien|génial|genial)\b)",
)
"""A "no, the old one", which may contradict anybody."""

DOUBT: Final = any_of(
    r"\b(?:are )?you (?:\w+ )?(?:sure|certain)\b|^(?:really )?sure\?|\bsure about (?:that|this"
    r"|it)\b",
    r"\bis (?:that|this|it) (?:really |actually |still )?(?:right|correct|true|valid|current"
    r"|up to date)\b",
    r"\bhow do you know\b|\bwhere (?:does it|do they|did you|is that|is this|is it) (?:say|find"
    r"|get|written|from)",
    r"\bwhat(?:'s| is) (?:the|your) source\b|^(?:the )?source\?",
    r"\bbist du (?:dir )?(?:da )?sicher\b|^sicher\?|\bstimmt das\b|\bwo steht das\b"
    r"|\bwoher (?:weißt|hast)\b",
    r"\b(?:tu es|t'es|vous êtes) s[uû]re?s?\b|^s[uû]re? ?\?|\bc'est (?:bien )?(?:sûr|vrai"
    r"|exact) ?\?",
    r"\best[áa]s? segur[oa]\b|^¿?segur[oa]\?|\bes (?:eso )?(?:cierto|verdad|correcto)\?",
)

ORDER: Final = any_of(
    r"^(?:write|put|make|turn|format|draft|say) (?:that|this|it)\b(?! up\b)(?=.*\b(?:as|in|into"
    r"|with|again)\b)",
    r"^(?:explain|elaborate|clarify|summari[sz]e|translate|rephrase|simplify|list|describe|define"
    r"|compare"
    r"|quote|cite|expand on|go into|look (?:up|for|in)|search|find (?:me|the|out|all|something))\b",
    r"^(?:show|tell|give|get|send) (?:me|us)\b|^try (?!to\b|turning|it\b|that\b|this\b|again\b"
    r"|restart)\w",
    r"^(?:(?:i |we )?(?:need|want|get) |any |some |a bit )*more (?:details?|info(?:rmation)?"
    r"|context|specific|precise)\b(?! (?:here|in|at|on)\b|:)|\bin (?:more|greater) detail\b",
    r"^(?:and |now )?(?:(?:much |a bit )?(?:longer|shorter|simpler)|in (?:german|english|french"
    r"|spanish"
    r"|simple words|plain english|short|one sentence|a table|bullet points))(?: please| pls)?\W*$",
    r"^(?:tl;?dr|step by step|(?:(?:the |a |an |more |only |just )?(?:links?|sources?|details?"
    r"|examples?|numbers?|lists?"
    r"|contacts?|address|forms?|templates?|steps|quelle|beispiele?|exemples?|liens?|enlaces?"
    r"|ejemplos?)\b.*))"
    r"(?: please| pls| plz| bitte| stp| por favor)\W*$",
    r"^(?:erkläre?|zeige?|nenne?|liste|fasse?|übersetze?|suche?|sag|gib|schicke?|formuliere?"
    r"|beschreibe?|vergleiche?)(?: (?:mir|uns))?\b"
    r"(?! schon)",
    r"\b(?:genauer|ausführlicher|kürzer|einfacher|detaillierter)(?: bitte| erklären)?\W*$",
    r"^(?:bitte )?auf (?:deutsch|englisch|französisch|spanisch)|^(?:gibt es "
    r"|bitte )?mehr (?:details|infos?|informationen)\b(?! (?:hier|im|in|unter|auf))",
    r"^(?:reformule|envoie|indique|redonne|explique|montre|donne|résume|traduis|précise|cherche"
    r"|dis|liste|détaille)(?:-| )?(?:moi|nous|le|la|z)?\b",
    r"^(?:avec |un peu )?plus de (?:détails|précisions)\b(?! ici)|^(?:en|plus) (?:français"
    r"|anglais|allemand|court|simple)\b",
    r"^(?:explica|muestra|resume|traduce|busca|lista|resúmelo|tradúcelo|explícalo)\b|^(?:da|di"
    r"|expl[ií]ca|mu[eé]stra"
    r"|p[aá]sa|ens[eé]ña|acl[aá]ra|det[aá]lla|env[ií]a|m[aá]nda|ind[ií]ca|res[uú]me"
    r"|b[uú]sca)(?:me|nos)(?:lo|la)?\b",
    r"^(?:con )?más (?:detalles?|corto|información|concreto)\b|^en (?:español|inglés|alemán)\b",
)
ASKED_TO: Final = any_of(
    r"\b(?:can|could|would|will) you (?:please |also |just |maybe |perhaps |briefly "
    r"|quickly )*(?:explain"
    r"|(?:show|tell|give|find|get|send) (?:me|us)|give (?:an?|some|more|the|one)|show (?:the|an?"
    r"|where|how)|tell (?:more|what"
    r"|how|which|where|who|when|if|whether)|list|summari[sz]e|translate|find|search|look (?:up"
    r"|for|it up)|repeat|rephrase"
    r"|elaborate|expand|clarify|compare|link|quote|cite|describe|define|shorten|simplify"
    r"|point (?:me|us|out)"
    r"|provide|be more|say (?:that|it|more)|go into|break)\b",
    r"\b(?:(?:kannst|könntest|würdest) du|(?:können|könnten|würden) sie) (?:\w+ ){0,5}(?:erklären"
    r"|zeigen|sagen|nennen|auflisten|zusammenfassen"
    r"|übersetzen|suchen|beschreiben|vergleichen|raussuchen|verlinken|ausführen|wiederholen"
    r"|geben)\b",
    r"\b(?:peux-tu|pouvez-vous|pourrais-tu|pourriez-vous|(?:est-ce que )?tu (?:peux"
    r"|pourrais)) (?:\w+ ){0,2}"
    r"(?:donner|expliquer|montrer|dire|résumer|traduire|lister|préciser|détailler|chercher"
    r"|trouver|indiquer)\b",
    r"\b(?:puedes|podrías|puede|podría) (?:\w+ ){0,2}(?:dar|explicar|mostrar|decir|resumir|traducir"
    r"|buscar|detallar|pasar|indicar|enseñar|aclarar)\w*",
)
"""What only somebody who answers is asked to do."""

INDIRECT: Final = any_of(
    r"\bi(?:'m| am)? (?:also |just )?wonder(?:ing)?\b|^(?:just )?wondering (?:if|whether|how"
    r"|what|when)\b",
    r"\bi(?:'d| would) (?:also )?(?:like|love|need) to (?:know|see|understand)\b|\b(?:good|great"
    r"|nice) to know (?:if|how|what|whether)\b",
    r"^(?:i |we )?(?:also |still )?need (?:to know|the same|more info|info|that for|this for"
    r"|it for)\b",
    r"\b(?:not sure|unclear|no idea|not clear) (?:if|whether|how|what|where|which|when)\b",
    r"\bi (?:don'?t|do not|still don'?t) understand\b|\bi (?:can'?t|cannot|couldn'?t) find\b"
    r"|\bi(?:'m| am) (?:looking for|trying to (?:find|figure|understand|get|set))\b",
    r"\bcurious (?:if|whether|how|what|about)\b",
    r"\bich (?:wüsste|würde) gern|\bich frage mich\b|\bmich (?:würde interessieren"
    r"|interessiert)\b|\bich suche\b",
    r"\bich (?:verstehe|finde) (?:\w+ ){0,3}nicht\b|\bweiß (?:ich )?nicht,? (?:ob|wie|wo|was)\b"
    r"|\bunklar\b",
    r"\bje me demande\b|\bj'aimerais (?:bien )?savoir\b|\bje (?:voudrais|cherche)\b"
    r"|\bje ne (?:comprends|trouve)\b",
    r"\bme pregunto\b|\b(?:me gustaría|quisiera|necesito) saber\b|\bno (?:entiendo|encuentro"
    r"|me queda claro)\b|\bbusco\b",
)

OVER: Final = any_of(
    r"^\W*(?:never ?mind|nvm|forget it|thanks?\b|thank you|thx|lol|ha(?:ha)+|danke"
    r"|hat sich erledigt|egal|merci|laisse"
    r"|gracias|déjalo|olvídalo)",
)
"""What takes nothing up that was asked back."""
