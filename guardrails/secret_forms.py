"""The forms of secrets that detect-secrets leaves out: prefixes of vendors, and words around them.

One group marks the secret where the form needs words around it. The prefixes are the vendors' own,
but the forms are shorter than a whole token: half a token in a chat is still a secret.
"""

_PREFIXED = (
    r"(?:gh[opusr]|github_pat)_\w{16,}",
    r"(?:xoxe\.)?xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}",
    r"(?:sk|rk|pk)[-_](?:[a-z]+[-_])*[\w-]{16,}|whsec_[\w+/=-]{16,}",
    # GitLab names its kinds of tokens `glpat`, `glrt`, `gldt`, `glsoat` …
    r"gl(?:pat|rt|rtr|dt|ptt|cbt|soat|ft|agent|imt|ffct|wt|oas)-[\w-]{16,}(?:\.[\w-]{2,}){0,3}",
    r"GR1348941[\w-]{16,}",
    r"npm_[A-Za-z0-9]{20,}|dckr_(?:pat|oat)_[\w-]{20,}|rubygems_[0-9a-f]{32,}|cio[A-Za-z0-9]{32}",
    r"hf_[A-Za-z0-9]{20,}|api_org_[A-Za-z0-9]{20,}|r8_[A-Za-z0-9]{30,}",
    r"gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{40,}|pplx-[A-Za-z0-9]{32,}|pcsk_\w{40,}",
    r"lsv2_(?:pt|sk)_\w{32,}|sbp_[0-9a-f]{32,}|pscale_(?:tkn|pw|oauth)_[\w.-]{24,}",
    r"AIza[\w-]{30,}|GOCSPX-[\w-]{20,}|ya29\.[\w-]{20,}|1//0[\w-]{30,}",
    r"ABSK[A-Za-z0-9+/]{60,}={0,2}|(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9+/]{60,}={0,2}",
    r"[A-Za-z0-9_.~-]{3}\dQ~[A-Za-z0-9_.~-]{31,34}|[A-Za-z0-9]{60,80}AZDO[A-Za-z0-9]{4,}",
    r"do[opr]_v1_[0-9a-f]{32,}|dapi[0-9a-f]{32}(?:-\d)?",
    r"fo1_[\w-]{32,}|FlyV1 fm\d_[\w+/=,-]{40,}",
    r"key-[0-9a-f]{32}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|EAAA[\w-]{56,}",
    r"access_token\$\w+\$\w+\$[0-9a-f]{32}|sq0(?:atp|csp)-[\w-]{22,}",
    r"AT(?:ATT|CTT)3[\w=-]{40,}|ATBB[A-Za-z0-9]{28,}",
    r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}|ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{40,}|figd_[\w-]{32,}",
    r"tfp_\w{32,}|pat[A-Za-z0-9]{14}\.[0-9a-f]{40,}|pat-(?:na|eu)\d-[0-9a-f-]{36}",
    r"glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|glc_[A-Za-z0-9+/]{32,}={0,2}|sntry[su]_[\w+/=-]{40,}",
    r"NRAK-[A-Z0-9]{27}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}",
    r"hv[sbr]\.[\w-]{24,}|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}|sl\.[\w-]{100,}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{50,}",
)
FORMS = (
    (
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?"
        r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)"
    ),
    r"---- BEGIN SSH2 [A-Z ]*PRIVATE KEY ----[\s\S]*?(?:---- END SSH2 [A-Z ]*PRIVATE KEY ----|\Z)",
    r"\bPrivate-Lines: \d+\s+([\w+/=\s]{16,8000}?)(?=\s*Private-MAC|\s*\Z)",
    rf"(?<![A-Za-z0-9])(?:{'|'.join(_PREFIXED)})",
    r"\b[Bb]earer\s+([\w.~+/-]{16,}=*)",
    r"\b(?:[Aa]uthorization:\s*[Bb]asic|SSWS)\s+([\w+/-]{12,}={0,2})",
    r"\beyJ[\w-]{10,2000}(?:\.[\w-]{6,8000}){1,4}",
    # A password may hold an at sign itself.
    r"://[^\s:@/<>]{0,64}:([^\s/<>]{3,128})@[\w.-]",
    r"hooks\.slack\.com/(?:workflows|triggers|services)/([\w/]{20,})",
    r"webhook\.office\.com/webhookb2/([\w@/-]{40,})",
    r"discord(?:app)?\.com/api/webhooks/\d{8,}/([\w-]{30,})",
    r"[?&](?:sig|X-Amz-Signature|X-Goog-Signature)=([\w%+/-]{32,}={0,2})",
    r"(?i:\bcurl\b[^\n]{0,200}?\s(?:-u|--user)\s+['\"]?[^\s:'\"]{1,64}:)([^\s'\"]{4,128})",
    r"(?i:\bmachine\s+\S{1,200}\s+login\s+\S{1,128}\s+password\s+)(\S{3,128})",
    (
        r"(?i:\b(?:pat|token|personal access token)\b\W{1,3}(?:is\s+)?)"
        r"(1/\d{10,}:[0-9a-f]{32}|[a-z2-7]{52})\b"
    ),
    (
        r"(?i:(?:password|passwd|pwd|passphrase|secret|token|credentials?|auth|"
        r"(?:api|access|account|private|encryption)[_-]?key)(?:[_-]?(?:access[_-]?)?(?:key|value))?"
        r"['\"]?\s?(?:=|:|:=|=>)\s?['\"`]?)"
        r"((?=[^\s'\"`]{0,200}\d)(?!https?://)[^\s'\"`<>{}$;,]{8,400})"
    ),
    r"(?i:\baws\W{0,3}secret\w*\W{0,20}(?:is|=|:)?\s*['\"]?)([A-Za-z0-9/+]{40})\b",
    (
        r"(?i:\b(?:password|passwort|passwd|passphrase|pwd|secret|token|api[ _-]?key|"
        r"access[ _-]?key|pin|kennwort)\b['\"]?\s*(?:is|ist|was|lautet|=|:|=>)\s*['\"`]?)"
        r"((?=[^\s'\"`]*[\d!@#$%^&*+=?])[^\s'\"`<]{4,})"
    ),
)
