"""The words of people among themselves: plans, small talk, news, and what no document knows."""

from typing import Final

from bot.addressee.lexicon import any_of

GENERIC_YOU: Final = any_of(
    r"\b(?:how|where|when|what|why) (?:do|can|would|should|must|could) you (?!think|feel|mean"
    r"|want|know|like|guys|plan|leave|go\b|come)",
    r"\bdo you (?:need|have) (?:to|a|an|any|the)\b(?! (?:minute|moment|sec|spare|second|link"
    r"|idea|clue|hand))|\bif you (?:are|have|work|get|leave|need|don't)\b",
    r"(?<!did )\byou (?:have to|need to|must|may|get (?:to|paid|a|an|the|\d+))\b",
    r"\bcan you (?!come|join|help|send|forward|approve|sign|review|look|check|take|talk|call|ping"
    r"|ask|remind"
    r"|add|cover|handle|pick|bring|share|book|fix|update|do|make|wait|stop|believe|imagine|please"
    r"|get|see|give|tell|show|tag"
    r"|confirm|put|try|test|move|invite|meet|start|drop|write|merge|also|just|let|hear|read|have"
    r"|be\b)\w+",
)
"""The "you" that means anybody: "how do you apply for it?"."""

SECOND_PERSON: Final = any_of(
    r"\b(?:you|your|yours|yourself|y'all|you'?re|you'?ve|you'?d|you'?ll)\b|\b(?:r|can|do|did|are"
    r"|if|would|have) u\b",
    r"\b(?:du|dir|dich|dein\w*|euch|eure[rsmn]?|haste|kannste|biste|weißte)\b|\b\w+t ihr\b",
    r"\b(?:können|könnten|haben|wissen|würden|möchten|sind|werden|kommen|sehen|meinen"
    r"|brauchen) sie\b",
    r"\b(?:tu|te|toi|ton|tes|vous|votre|vos)\b|\bt'\w+|\b\w+-tu\b|(?<![\w'])ta\b",
    r"\b(?:tú|tus|ti|contigo|vosotr\w+|vuestr\w+)\b|\bos (?:parece|apunt\w+|veo|va|viene)\b"
    r"|\b(?:tienes|puedes|quieres|sabes"
    r"|vienes|vas|estás|eres|crees|piensas|podrías|hiciste|fuiste|viste|podéis|tenéis|habéis"
    r"|queréis|vais|necesitas|haces|usas)\b",
    r"\bhas \w+(?:ado|ido|sto|cho)\b|\b\w{3,}(?:aste|iste)\b",
    r"^(?:is (?:this|that|it) for|ist das für|c'est pour|¿?es para)\b",
    # What somebody asks for is theirs to say.
    r"^(?:so )?is (?:this|that|it) (?:about|because)\b|^(?:also )?geht es (?:hier |da )?um\b"
    r"|^es por\b",
)

PLAN: Final = any_of(
    r"\bshall (?:i|we)\b|\b(?:want|need|like) me to\b|^(?:do you )?need (?:help|a hand"
    r"|anything)\b|\blet'?s\b|\b(?:now what|what now|what'?s next)\b",
    r"\bshould i (?:ask|send|book|call|tell|take|bring|order|forward|do it|ping|come|join|start"
    r"|wait|go|just|merge)\b",
    r"\b(?:can|could|should|may|might) we (?:please |just |maybe |quickly )*(?:talk|meet|discuss"
    r"|sync|chat|postpone|reschedule"
    r"|catch up|grab|jump on|hop on|go over|go through|schedule a|wait|ask (?!for)|(?:move|push"
    r"|skip|split|drop) (?:this|it|that|the (?:meeting|call|weekly))"
    r"|do (?:this|that|it) (?:tomorrow|today|later|together|at|on|now))\b",
    r"\bdo we (?:stop|wait|ask|start|ship|cancel|tell|continue|proceed|meet|still want|want)\b",
    r"\bare we (?:still|all|good|ready|meeting|going|done|on)\b|\bwhat (?:should|shall|do"
    r"|are) we (?:get|do|order|call|name|doing|getting|wear)\b",
    r"\b(?:does|would|how about|make it|is) (?:at )?\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|uhr"
    r"|h)?(?: (?:work|ok|fine|good))?\b\??$",
    r"\bdoes (?:tomorrow|\w+day|noon|\d\S*(?: ?[ap]m)?|later|next week) work\b|\bdoes (?:that"
    r"|this|it) work for (?:you|everyone|everybody)\b|^does that work\??$",
    r"\bworks? for (?:you|me|us)\b|\b(?:fine|ok|okay|good|cool) with (?:you|that|this|everyone)\b",
    r"\bhow(?:'s| is) (?:it going|everyone|everybody|things|life|your)\b|\bhow are (?:you|things"
    r"|we doing)\b|\bhow (?:did|was) (?:it|that|the trip|the weekend|the \w+)(?: go)?\??$"
    r"|\bwhat'?s up\b",
    r"\b(?:did|have|has|are|is|was|were) (?:he|she)\b|\bhave they (?:replied|answered|called"
    r"|signed|paid)\b|\bhis (?:mother|wife)\b|\bher husband\b",
    r"\bwhat(?:'s| is| has)? (?:happened|wrong|going on)\b|\bwas ist (?:denn )?(?:passiert|los)\b"
    r"|\bque (?:s'est|se) pass\w+\b|\bqué (?:ha )?pas(?:ó|ado|a)\??$"
    r"|\balles (?:in ordnung|gut|ok|okay) (?:bei|mit)\b|\bist alles (?:in ordnung|gut|ok)\b"
    r"|\b(?:everything|all) (?:ok|okay|alright|good)\?|\b¿?todo bien\b|\btout va bien\b",
    r"\b(?:sollen|wollen|gehen|treffen|fahren) wir\b|^soll ich\b|\bwas machen wir\b"
    r"|\bmachen wir (?:heute|morgen|pause)\b|\bkönnen wir (?:\w+ )*(?:reden|sprechen|telefonieren"
    r"|treffen|verschieben|klären)\b"
    r"|\bwie geht'?s\b|\bwie (?:war's|war es|lief(?:'s)?)\b|\blass(?:t)? uns\b|\bund jetzt\?",
    r"\bon (?:mange|se voit|y va|en parle|se retrouve|s'appelle|déjeune|décale)\b"
    r"|\bon (?:fait quoi|va où|va manger|fait une pause|fait un point)\b|\bje (?:te|vous"
    r"|m'en) \w+ ?\?|\bça va ?\?|\btu viens\b|\bet maintenant ?\?",
    r"\b(?:comemos|quedamos|nos vemos|hablamos)\b|^¿?(?:vamos|hacemos|tomamos|movemos"
    r"|seguimos)\b|\bqué tal\b|\bqué (?:os|te) parece\b|\bcómo (?:fue|ha ido)\b|¿y ahora\?",
)
"""What people settle among themselves."""

KNOWS_ANYONE: Final = any_of(
    r"\b(?:any ?(?:one|body)|some ?(?:one|body))(?: (?:here|else"
    r"|of you))?(?: happen to)? (?:knows?|remembers?|have (?:an idea|a link|the link))\b",
    r"\b(?:any ?(?:one|body)|some ?(?:one|body)) (?:please )?(?:tell me|explain|point me)\b"
    r"|\banyone know\b|\bany idea (?:how|where|what|when|who|which|if)\b",
    r"\b(?:weiß|weiss|wisst|hat|kann|könnte) (?:mir |uns |hier )?(?:jemand|wer"
    r"|irgendwer)(?: \w+){0,2}? ?(?:,|sagen|erklären|eine? (?:idee|link|ahnung)|ob|wie|wo|was"
    r"|wann|wer|welche)",
    r"\bquelqu'un (?:sait|saurait|connaît|connait|peut me dire|pourrait me dire|a une idée)\b",
    r"\balguien (?:sabe|sabría|conoce|me puede decir|me sabe decir|tiene idea)\b",
)
"""A question to the people around that a document may answer as well."""

GROUP: Final = any_of(
    r"\b(?:any ?one|any ?body|some ?one|some ?body)(?:'s)? (?:here |else |of you )?(?:up|in|free"
    r"|around|available|interested|coming|joining|going"
    r"|wants?|seen|tried|handled|used|ever|actually|already|else|having|got|keen|have (?:time|a"
    r"|some|the)|mind|review|look|help|let|take|cover|check"
    r"|join|come|jump|give|send|drive|pick|merge|here|heard|notice\w*|with|for|able|willing)\b"
    r"|^(?:any ?one|any ?body|some ?one|some ?body)\b",
    r"\b(?:everyone|everybody) (?:doing|ok|okay|good|here|coming|happy|fine)\b"
    r"|\bwhere is (?:everyone|everybody)\b|\b(?:any|all|one|some|most) of (?:you|us)\b"
    r"|\bare we all\b",
    r"\bwho(?:'?s| is| are|'re|'ll| will)? (?:(?!being|missing|counting|dealing"
    r"|processing)\w+ing|up for|in\?|here|around|available|free|with me|still)\b"
    r"|\bwho else (?:is|wants|was|thinks|has|uses)\b",
    r"\bwho (?:wants|needs a (?:ride|lift|coffee|hand)|has (?:time|handled|seen|used|been|done"
    r"|tried)|broke|left|took|moved|forgot|ate|stole|did|was|can (?:take|join|cover))\b",
    r"\b(?:thoughts|opinions|objections|takers|preferences|volunteers|any ideas|suggestions"
    r"|feedback)\b(?: (?:on|for|about) .*)?\?",
    r"\b(?:hat|kann|könnte|will|möchte|ist|war|kommt|geht|fährt|mag|wäre) (?:hier |da |noch "
    r"|heute |morgen |mir )*(?:jemand|irgendwer)\b|^(?:jemand|irgendwer)\b|\b(?:von euch"
    r"|allerseits)\b|\blust auf\b|\bmeinungen\b|\bseid ihr\b|\bhabt ihr\b",
    r"\bwer (?:kommt|geht|fährt|will|möchte|nimmt|bringt|war|macht (?:mit|heute)|ist (?:heute"
    r"|morgen|da|dabei|noch|im|alles|gerade)|hat (?:lust|zeit|noch|schon|heute|hier|den|die|das"
    r"|mein\w*)|kann (?:mal|kurz|mir|heute))\b",
    r"\b(?:quelqu'un|volontaires?)\b|\btout le monde (?:est|va bien|vient|a (?:bien|reçu|vu))\b"
    r"|\bqui (?:vient|veut|va|prend|part|mange|serait|est (?:là|au bureau|dispo\w*|chaud\w*"
    r"|partant\w*|en|de)|a (?:pris|vu|laissé|oublié|mangé|cassé|le temps|envie)|peut (?:m'|me "
    r"|nous |venir|prendre))",
    r"\b(?:alguien|algún voluntario)\b|\bqui[eé]n (?:viene|va|quiere|se apunta|trae|está (?:en"
    r"|hoy|libre|de)|ha (?:visto|cogido|dejado)|tiene (?:tiempo|ganas|un|mi)|puede (?:venir"
    r"|ayudar|echar))\b",
)
OFFICE: Final = any_of(
    r"\bwer (?:ist|hat) (?:\w+ )?(?:zuständig|verantwortlich|ansprechpartner\w*|zugriff|anspruch"
    r"|dafür|der|die)\b",
    r"\bwho (?:is|are) (?:responsible|allowed|the|in|our|entitled|eligible|my|on the)\b"
    r"|\bwho was responsible\b|\bwho has (?:access|to)\b",
    r"\bqui est (?:responsable|le|la|l'|en charge|chargé\w*|concerné\w*)\b|\bqui (?:a (?:droit"
    r"|accès)|peut (?:valider|signer|approuver|demander|bénéficier))",
    r"\bqui[eé]n (?:es|está (?:a cargo|autorizado)|tiene (?:derecho|acceso)|puede (?:firmar"
    r"|aprobar|solicitar))\b",
)
"""A question after who does something by office, which documents do answer."""

RHETORICAL: Final = any_of(
    r"(?:\?!|!\?)+\s*$|\bis it just me\b|\bbin ich (?:der|die) einzige\b|\bc'est moi ou\b"
    r"|\bsoy yo o\b",
    r"^(?:really|seriously|srsly|for real|wtf|wth|huh|what|say what|no way|no kidding"
    r"|(?:are )?you (?:kidding|serious)(?: me)?|is this a joke)\W*$",
    r"(?:^|[\s,])(?:seriously|srsly|ernsthaft|im ernst|sérieux|sérieusement|en serio)\s*[?!]+\s*$",
    r"\bwho (?:knew|cares|even|asked\?|would(?:'ve| have) (?:thought|known|guessed))(?:\b|$)"
    r"|\bwhy am i not\b|\bwhy (?:is|does|do|are|must) (?:it|this|that|these|they|everything"
    r"|things|we|the \w+|my \w+)? ?(?:\w+ )?always\b",
    r"\bwhat (?:could|can) (?:possibly )?go wrong\b|\bwhat else is new\b|\bwhat'?s the point\b"
    r"|^what an? \w+(?: \w+)?\W*$|\bwhat were they thinking\b",
    r"\bhow (?:cool|nice|great|sad|funny|cute|awesome|lovely|weird|crazy|convenient|ironic"
    r"|typical|generous|dumb|stupid|wonderful) (?:is that|is this|can|could|of|was that)\b"
    r"|\bhow (?:hard|difficult|bad|cheap) (?:can|could) (?:it|that|this|you|they) (?:be|get)\b",
    r"^(?:isn'?t|aren'?t|ain'?t|wasn'?t) (?:it|that|this) (?:just |so |a )?(?:great|wonderful"
    r"|nice|lovely|funny|amazing|ironic|weird|cute|sweet|fun|sad|crazy|shame)\b",
    r"\b(?:can|could) you (?:believe|imagine)\b|\bguess what\b|\byou know what\b"
    r"|\bare they (?:kidding|serious|joking|sending|out of)\b|\bdo they (?:really |even )?think\b",
    r"^\W*(?:\w+\W+){1,3}(?:isn'?t it|eh|huh|innit|or what|aren'?t they|doesn'?t it|nicht wahr"
    r"|gell|n'est-ce pas|hein|¿?eh) ?\?+$",
    r"^(?:otra vez|again|schon wieder|encore)\b|\bis it (?:\w+day|the weekend|time for|over|beer"
    r"|lunch\w*|five|5) ?\w*(?: yet)?\?",
    r"^(?:echt|wirklich|dein ernst|euer ernst|was|hä|wie bitte|ach ja|ach was)\W*$|\bwer hätte\b"
    r"|\bwen (?:wundert|interessiert)\b|\bwas soll'?s\b",
    r"\bwie (?:cool|geil|schön|toll|süß|lustig|nett) (?:ist|war)\b|\bwarum (?:\w+ ){0,5}immer\b"
    r"|\bkann (?:ja |doch )?nicht wahr sein\b|\bgeht'?s noch\b|\bwas (?:kann"
    r"|soll) (?:da )?schon\b",
    r"^(?:vraiment|ah bon|hein|quoi|c'est une blague|pardon)\W*$|\bqui (?:l'eût|aurait) cru\b"
    r"|\bpourquoi (?:est-ce )?toujours\b|\bà quoi bon\b",
    r"^(?:de verdad|cómo|qué|eh|no me digas)\W*$|\bqui[eé]n (?:lo )?(?:diría|hubiera|iba)\b"
    r"|\bpor qué siempre\b|\bqué (?:más da|podría salir)\b",
)

INFORMATION: Final = any_of(
    r"^\W*(?:just |small |quick )*(?:an? )?(?:fyi|f\.y\.i|heads[- ]?up|psa|note|reminder"
    r"|for (?:the record|info|your information)|update|announcement)\b",
    r"^\W*(?:kleine |nur )?(?:zur (?:info|kenntnis|erinnerung)|z\.? ?k\.|info|hinweis|achtung"
    r"|erinnerung)\b",
    r"^\W*(?:pour (?:info|rappel|votre information)|à noter|rappel|petit rappel|attention)\b",
    r"^\W*(?:para (?:vuestra |su |tu |que )?(?:info|lo sepáis|información)|aviso|nota"
    r"|recordatorio|ojo|os aviso)\b",
)

REACTION: Final = any_of(
    r"^\W*(?:thanks?|thank you|thx|ty|cheers|great|good (?:to know|one|point|luck|call|job|stuff)"
    r"|nice|cool|perfect|awesome|amazing|lovely|wow|whoa|oh|ah|aha|ha|haha\w*|hah|lol|lmao|rofl"
    r"|hehe\w*|gotcha|makes sense|understood|noted|agreed|true|exactly|indeed|fair(?: enough)?"
    r"|interesting|damn|ugh|oof|yay|congrat\w*|happy birthday|welcome|oops|never ?mind|nvm|hm+"
    r"|called it|love it|\+1|this|brilliant|excellent|sweet|phew|yikes"
    r"|danke\w*|vielen dank|toll|klasse|prima|passt|alles klar|genau|stimmt|glückwunsch"
    r"|verstanden|ach so|achso|krass|gern\w*|hat sich erledigt|haha|cool|wahnsinn|schön|oha|super"
    r"|merci|génial|parfait|bravo|mdr|ptdr|compris|top|chouette|nickel|excellent"
    r"|gracias|muchas gracias|perfecto|genial|jaja\w*|entendido|de nada|qué bien|estupendo|anda)\b",
    r"^\W*(?:ok(?:ay)?|k|kk|yes|yep|yeah|yup|no|nope|sure|right|same|got it|will do|done|ja|nein"
    r"|nee|gut|mach ich|jo|oui|non|ouais|bien|d'accord|sí|si|vale|claro"
    r"|hecho)\b(?:\W+\w+){0,3}\W*$",
)
"""What takes no conversation further, where it is short."""

MOMENT: Final = any_of(
    r"^(?:is|are) (?:the|my|our)\b|^(?:ist|sind) (?:der|die|das|mein\w*|unser\w*)\b|^why\b",
    r"^(?:should|shall|sollten|sollen|machen|gehen) (?:we|wir)\b|^(?:on|nous) (?:devrait"
    r"|devrions)\b|^¿?deberíamos\b",
    r"^(?:who|wer) (?:has|hat)\b(?! (?:access|to|zugriff|anspruch))|\bwhere(?:'s"
    r"| is) (?:everyone|everybody)\b",
    r"\b(?:today|tonight|tomorrow|yesterday|right now|currently|just now|this (?:morning"
    r"|afternoon|evening)|at the moment|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    r"\b(?:heute|gerade|eben|gestern|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch)\b"
    r"|(?<!guten )\bmorgen\b",
    r"\b(?:aujourd'hui|demain|hier soir|ce (?:midi|soir|matin)|en ce moment|tout de suite)\b",
    r"\b(?:hoy|mañana|ahora|ayer|esta (?:tarde|noche)|este viernes)\b",
    r"^(?:did|has|was|were) |^have (?!to)|\b(?:is|are) .{1,60}\b(?:down|slow|broken|failing|red"
    r"|stuck|ready|done|back|here|late|sick|working|yet)\??$",
    r"^(?:ist|sind|war) .{1,60}\b(?:kaputt|down|langsam|fertig|zurück|krank|schon da)\??$"
    r"|^hat .{1,60}\b(?:schon|geklappt|gemeldet)\b",
    r"\blooks? (?:right|good|ok|okay)\b|\bwhich (?:one )?of (?:these|the two|you)\b",
    r"\bthe (?:meeting|call|standup|demo|retro) (?:moved|cancell?ed|still|starting)\b|\bmy (?:pr"
    r"|charger|badge|keys|headset|mug)\b|\b(?:look at|review|merge) (?:my|this|the) \w+",
)
"""What no document can know."""
