"""What a small name model takes for a person's name and is none."""

import re

from guardrails.ports import Terms

# Products and technical words that stood in ordinary work messages; company words belong here too.
_WORDS = frozenset(
    """
    active ahead airflow alertmanager android ansible anthropic apache api argo artifactory asana
    auth authenticator aws azure backlog bamboo bamboohr bash bitbucket bitwarden bluetooth bot
    cert certificate chat chrome citewell claude clickhouse cloudflare confluence consul copilot
    cron csv curl dashboard datadog db debian dev devops dhcp django dns docker docs dropbox edge
    elastic elasticsearch email excel faq fastapi figma firefox flask flux gateway gcp gdpr gemini
    git github gitlab gmail go google grafana graphql hallo handbook harbor hello helm hey hi hr
    html http https hubspot ingress intune ios ip iphone issuer istio java jaeger javascript jenkins
    jira json jwt kafka keycloak kibana kong kube kubectl kubernetes lambda laptop latex ldap linear
    linkerd linux loki loom lucene mac macbook macos maven mfa miro mongo mongodb mysql namespace
    nginx node nodejs nomad notion npm oauth okta onboarding openai openapi opsgenie otp outlook
    pagerduty pandas password phoenix php pip playbook pod podman postgres postgresql postman
    powerpoint pr prod prometheus pto pulumi puppet py pypi pytest python pytorch qdrant rabbitmq
    rails react redis repo rest ruby runbook rust saml scala sdk secret sentry sharepoint shell
    slack snowflake sql sso staging standup stripe swift tableau team teams tempo terraform thanks
    timesheet token trello twilio typescript ubuntu unix uri url valkey vault vim vpn vue webhook
    wi-fi wifi windows wordpress workday xcode yaml yubikey zabbix zendesk zip zoom zoho
    january february march april june july august september october november december
    wer wie was wann warum wo wohin woher welche welcher welches darf kann muss gibt urlaub
    monday tuesday wednesday thursday friday saturday sunday christmas easter
    alzheimer bayes gaussian parkinson poisson
    airbyte airtable akamai amplitude athena aurora basecamp bex brex caddy calico cassandra celery
    cilium clickup concur contentful cypress dask deel drupal dynatrace elixir envoy fastly fivetran
    flannel gatsby gradle greenhouse gusto hadoop heroku hive hugo jasmine jekyll joomla karma
    kotlin laravel launchdarkly lever looker magento marketo metabase mixpanel mocha navan neo4j
    netlify netsuite optimizely pardot perl personio polars puppeteer ramp redshift retool rippling
    rollbar sagemaker salesforce selenium shopify spark splunk sumo supabase superset symfony
    tailscale temporal thanos traefik varnish vercel wrike zuora
    africa america argentina asia australia austria belgium brazil britain bulgaria canada chile
    china colombia croatia cyprus denmark egypt england estonia europe finland france germany greece
    greenland hungary iceland india indonesia iran iraq ireland israel italy japan kenya korea
    latvia lithuania luxembourg malaysia malta mexico morocco netherlands nigeria norway pakistan
    peru philippine philippines poland portugal romania russia scotland serbia singapore slovakia
    slovenia spain sweden switzerland taiwan thailand tunisia turkey ukraine uk usa vietnam wales
    american austrian british canadian chinese danish dutch english european finnish french german
    greek hungarian indian irish italian japanese mexican norwegian polish russian spanish swedish
    swiss turkish
    argentinier argentinierin belgier belgierin brasilianer brasilianerin brite britin bulgare
    bulgarin chinese chinesin deutsche deutscher däne dänin engländer engländerin finne finnin
    franzose französin grieche griechin inder inderin ire irin italiener italienerin japaner
    japanerin kanadier kanadierin kroate kroatin mexikaner mexikanerin niederländer
    niederländerin norweger norwegerin österreicher österreicherin pole polin portugiese
    portugiesin rumäne rumänin russe russin schwede schwedin schweizer schweizerin serbe serbin
    spanier spanierin syrer syrerin türke türkin ukrainer ukrainerin ungar ungarin wiener
    algérien algérienne allemand allemande américain américaine belge canadien canadienne espagnol
    espagnole français française italien italienne marocain marocaine portugais portugaise suisse
    sénégalais sénégalaise tunisien tunisienne
    alemán alemana argentino argentina boliviano boliviana brasileño brasileña chileno chilena
    colombiano colombiana cubano cubana ecuatoriano ecuatoriana español española francés francesa
    inglés inglesa italiano italiana mexicano mexicana peruano peruana portugués portuguesa uruguayo
    uruguaya venezolano venezolana
    """.split()
)
_CHAT = frozenset(
    """
    a about all also always am an and any are at back be but by bye can cheers do does dear for
    from give given going good guys have he hello her here hey hi him his how i id if ill im in is
    it ive just like lol me missing mr mrs ms my new no nope not now of ok okay on or our pls
    please plz she so some spelled team thank thanks that the them there they this thx to too ty u
    ur us was way we what when where which who why will with wrong yeah yep yes you your
    """.split()
)
_COMMON = _CHAT | frozenset(
    """
    able april art august autumn bill bin chance chase christian cliff dale dawn day dean drew
    drive dusty earl eve faith frank gene grace grant guy harmony hazel heath holly hope hunter ivy
    jack jade jay jewel job joy june king lance lane little long lucky major mark mason max may
    melody miles misty nice nick norm olive out page park pat penny pierce price ray rich rob
    robin rock rod rose ruby rusty sandy skip sonny star stone storm sue summer tab theme victor
    violet wade walker ward wood young
    """.split()
)
_OPENINGS = frozenset(
    """
    add additionally after again allow alternatively although answer any anyone as ask avoid based
    because before begin below both build call change check choose click close complete configure
    consider contact copy create currently data default define delete deploy describe details did
    document during each edit either email employees enable ensure enter even every everyone example
    examples feel fill finally find first follow following further get got had has help however
    identify important include including information install instead into join keep know learn
    leave let level like list log look make manage many may most move must need never next note
    often once one only open optional other otherwise over overview people per policy prepare
    provide put questions read remember remove replace report request requests requirements review
    run schedule second section see select send set several share should similarly since some
    sometimes start step steps still stop submit such support take team tell test then therefore
    these third those through today together try two under unless until update upload use used
    users using usually verify visit wait want were whether while whoever whom why within without
    work working write yet
    """.split()
)
_NO_PERSON = frozenset("hurricane typhoon cyclone lake mount".split())
NO_TERMS: frozenset[str] = frozenset()
_WORD = re.compile(r"[\w'\u2019-]+")
_HAS_NO_NAME = re.compile(r"[\d\n/\\@_`#$%^&*+=|{}\[\]<>]")


def is_no_name(words: str, terms: Terms = NO_TERMS) -> bool:
    """Return whether `words` can't be a person's name, whatever a model says.

    A name has no digits or signs, and at least one word that is none of the known products and
    terms.
    """
    if _HAS_NO_NAME.search(words) or not any(char.isalpha() for char in words):
        return True
    parts = [part.lower().removesuffix("'s") for part in _WORD.findall(words)]
    if parts and parts[0] in _NO_PERSON:
        return True
    return all(part in _WORDS or part in terms for part in parts)


def is_chat_word(word: str) -> bool:
    """Return whether `word` is one that chat is full of (`im`, `thanks`) or a product."""
    lower = word.lower()
    return lower in _CHAT or lower in _WORDS


def is_common_word(word: str) -> bool:
    """Return whether `word`, which can be a name, is an everyday word as well."""
    lower = word.lower()
    return lower in _COMMON or lower in _WORDS


def is_product(word: str) -> bool:
    """Return whether `word` is a known product, place or technical word."""
    return word.lower() in _WORDS


def is_opening(word: str) -> bool:
    """Return whether `word` opens many sentences, so that its capital letter says nothing."""
    return word.lower() in _OPENINGS or is_chat_word(word)
