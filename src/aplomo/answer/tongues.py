"""The words with which texts order a model about, in six languages; folded, as alternatives."""

from typing import NamedTuple

__all__ = ["TONGUES", "Tongue"]


class Tongue(NamedTuple):
    """One language's vocabulary of orders, each field the inside of a regular expression.

    `opener` is what may stand before an order in the middle of a sentence; `mine` what makes the
    orders the writer's own ("ignore my previous instructions"), and harmless.
    """

    opener: str
    override: str
    orders: str
    before: str
    mine: str
    reveal: str
    yours: str
    answer: str
    yes_no: str
    everything: str
    only: str
    role: str
    note: str
    machine: str


TONGUES = {
    "en": Tongue(
        opener=r"please|now|and|then|just|so|instead|must|should|you to|have to|need to|always"
        r"|simply",
        override=r"ignore|disregard|forget|override|bypass|overrule|neglect"
        r"|(?:stop|don't|do not|never) follow(?:ing)?|pay no attention to|set aside",
        orders=r"instructions?|prompts?|directives?|guidelines|protocol|programming|commands?"
        r"|rules",
        before=r"previous(?:ly)?|prior|above|earlier|preceding|system|original|initial|existing"
        r"|before",
        mine=r"my|our",
        reveal=r"reveal|print|repeat|output|show|display|leak|dump|tell|give|share|write",
        yours=r"your|system|hidden|initial|internal|secret",
        answer=r"answer|reply|respond|say|output|return|write|put|choose|select|mark|set",
        yes_no=r"yes|no|unsure|true|false|positive|negative",
        everything=r"all|everything|every|each|any|questions?|whatever",
        only=r"(?:only|exclusively|solely|just|strictly)(?: with| in| the| by|:)",
        role=r"(?:you are|you're) (?:now|no longer|actually)|from now on,? (?:you are|you're|act)"
        r"|pretend (?:to be|that you are|you are|you're)|act as|behave as|roleplay as",
        note=r"note|message|memo|attention|notice|reminder|hint|instructions?|dear|hey|hello|hi",
        machine=r"language model|ai model|ai assistant|ai moderator|ai agent|ai system|model"
        r"|classifier|chatbot|assistant|automated system",
    ),
    "es": Tongue(
        opener=r"por favor|ahora|y|entonces|luego|simplemente|debes|debe|tienes que|quiero que"
        r"|solo",
        override=r"ignor(?:a|e|ad|en|ar|es)|olvid(?:a|e|ad|en|ar|es|ate de|ese de)"
        r"|omit(?:e|a|an|ir|as)"
        r"|descart(?:a|e|en|ar|es)|desobedec\w+|salt(?:a|ate|ese|arte)|haz caso omiso (?:a|de)"
        r"|no (?:sigas?|sigan|obedezcas?|hagas caso (?:a|de)|tengas en cuenta)",
        orders=r"instruccion(?:es)?|indicacion(?:es)?|ordenes|directrices|directivas|reglas|normas"
        r"|pautas|consignas|protocolo|prompts?|programacion",
        before=r"anterior(?:es|mente)?|previ[ao]s?|precedentes|de arriba|del sistema|iniciales"
        r"|originales|recibidas|hasta ahora",
        mine=r"mis?|nuestr[ao]s?",
        reveal=r"revela|muestra|muestrame|imprime|repite|dime|dame|ensename|escribe|copia|comparte",
        yours=r"tus?|sus?|del sistema|de sistema|ocult[ao]s|intern[ao]s|secret[ao]s",
        answer=r"respond(?:e|a|er|as|an)|contest(?:a|e|ar|es|en)|di|diga|digas|marca|marque|pon"
        r"|devuelve"
        r"|escribe",
        yes_no=r"si|no|verdadero|falso|positiv[ao]|negativ[ao]",
        everything=r"todo|todas?|todos|cada|cualquier|preguntas?",
        only=r"(?:solo|solamente|unicamente|exclusivamente)(?: con| en| el| la|:)",
        role=r"(?:ahora|a partir de ahora|desde ahora|en adelante),? (?:eres|seras|actua|actuaras)"
        r"|(?:eres|ya no eres) (?:ahora )?|actua como|comportate como|finge (?:ser|que eres)"
        r"|haz de",
        note=r"nota|mensaje|aviso|atencion|instruccion(?:es)?|recordatorio|hola|oye|querid[ao]"
        r"|estimad[ao]",
        machine=r"modelo de lenguaje|modelo|inteligencia artificial|asistente virtual|asistente"
        r"|clasificador|chatbot|sistema automatico",
    ),
    "fr": Tongue(
        opener=r"s'il (?:te|vous) plait|maintenant|et|puis|alors|tu dois|vous devez|veuillez"
        r"|desormais",
        override=r"ignor(?:e|es|ez|er)|oubli(?:e|es|ez|er)|neglige[zr]?|contourne[zr]?"
        r"|ne (?:tiens|tenez|tenir) (?:pas|aucun) compte (?:de|des|du)?"
        r"|ne (?:suis|suivez|suivre) (?:pas|plus)|fai(?:s|tes) abstraction (?:de|des|du)",
        orders=r"instructions?|consignes?|directives?|regles?|protocole|prompts?|commandes?"
        r"|ordres?",
        before=r"precedent(?:e|es|s)?|anterieure?s?|ci-dessus|du systeme|systeme|initiale?s?"
        r"|recue?s"
        r"|d'avant|donnees",
        mine=r"mon|ma|mes|notre|nos",
        reveal=r"revele[zr]?|affiche[zr]?|montre[zr]?|repete[zr]?|imprime[zr]?|ecri[st]"
        r"|donne[zr]?|dis",
        yours=r"ton|ta|tes|votre|vos|du systeme|systeme|cachee?s?|internes?",
        answer=r"repond(?:s|ez|re)|dis|dites|mets|mettez|renvoie|ecris|choisis|marque",
        yes_no=r"oui|non|vrai|faux|positif|negatif",
        everything=r"tout|toutes?|tous|chaque|questions?|n'importe",
        only=r"(?:seulement|uniquement|exclusivement)(?: avec| en| par| le| la|:)",
        role=r"tu es (?:maintenant|desormais|a present)"
        r"|vous etes (?:maintenant|desormais|a present)"
        r"|(?:maintenant|desormais|a partir de maintenant),? (?:tu es|vous etes|agis)"
        r"|agis comme|agissez comme|fais comme si tu etais|fais semblant d'etre|comporte-toi comme",
        note=r"note|message|avis|attention|instructions?|rappel|bonjour|cher|chere",
        machine=r"modele de langage|modele|intelligence artificielle|assistant virtuel|assistant"
        r"|classificateur|chatbot|systeme automatique",
    ),
    "de": Tongue(
        opener=r"bitte|jetzt|nun|und|dann|einfach|du musst|du sollst|sie mussen|ab sofort"
        r"|stattdessen",
        override=r"ignorier(?:e|en|t|st)?|vergiss|vergessen|vergesst|missachte[nt]?|umgeh(?:e|en|t)"
        r"|uberspring(?:e|en)|verwirf|ubergeh(?:e|en)"
        r"|(?:befolge|beachte)n? (?:sie )?(?:nicht|keine)",
        orders=r"anweisung(?:en)?|instruktion(?:en)?|vorgaben?|regeln|richtlinien|protokoll"
        r"|befehle?"
        r"|(?:system)?prompts?|systemanweisung(?:en)?",
        before=r"vorherige[nrs]?|bisherige[nrs]?|vorige[nrs]?|obige[nrs]?|fruhere[nrs]?"
        r"|ursprungliche[nrs]?"
        r"|vorangegangene[nrs]?|vorangehende[nrs]?|gegebene[nrs]?|davor",
        mine=r"meine[nrms]?|mein|unsere[nrms]?",
        reveal=r"zeige?|zeigen|verrate?n?|wiederhol(?:e|en)|gib|geben|nenne?|schreibe?|druck",
        yours=r"deine[nrms]?|dein|ihre[nrms]?|versteckten?|internen?|geheimen?|system",
        answer=r"antworte?n?|antwortet|beantworte?n?|sage?n?|sag|gib|schreibe?|setze?|wahle?",
        yes_no=r"ja|nein|wahr|falsch|positiv|negativ",
        everything=r"alles?|alle[nrms]?|jede[nrms]?|fragen?|samtliche[nrms]?",
        only=r"(?:nur|ausschliesslich|lediglich)(?: mit| auf| in|:)",
        role=r"(?:du bist|sie sind) (?:jetzt|nun|ab sofort|ab jetzt|nicht mehr)"
        r"|ab (?:sofort|jetzt) bist du"
        r"|verhalte dich wie|handle als|tu so,? als (?:warst du|ob du)|spiele? die rolle",
        note=r"hinweis|nachricht|notiz|achtung|anweisung|mitteilung|hallo|liebe[rs]?",
        machine=r"sprachmodell|modell|kunstliche intelligenz|assistent(?:en)?|klassifikator"
        r"|chatbot",
    ),
    "pt": Tongue(
        opener=r"por favor|agora|e|entao|depois|voce deve|deve|quero que|simplesmente|apenas|so",
        override=r"ignor(?:e|a|em|ar|es)|esquec(?:a|e|er|am|as)|desconsider(?:e|a|ar|em)"
        r"|desobedec\w+"
        r"|descart(?:e|a|ar|em)|nao (?:siga|sigas|sigam|obedeca)|pul(?:e|ar)",
        orders=r"instruc(?:ao|oes)|regras?|diretrizes|orientacoes|comandos?|protocolo|prompts?"
        r"|ordens",
        before=r"anterior(?:es|mente)?|previas?|previos?|acima|do sistema|de sistema|iniciais"
        r"|originais"
        r"|recebidas|dadas",
        mine=r"minhas?|meus?|nossas?|nossos?",
        reveal=r"revele?|mostre?|mostra|imprima|repita|repete|diga|exiba|escreva|copie",
        yours=r"tuas?|teus?|suas?|seus?|do sistema|de sistema|intern[ao]s|ocult[ao]s|secret[ao]s",
        answer=r"respond(?:a|e|er|am|as)|diga|diz|marque|coloque|retorne|escreva|escolha",
        yes_no=r"sim|nao|verdadeiro|falso|positiv[ao]|negativ[ao]",
        everything=r"tudo|todas?|todos|cada|qualquer|perguntas?",
        only=r"(?:apenas|somente|so|unicamente|exclusivamente)(?: com| em| o| a|:)",
        role=r"(?:agora,? )?voce (?:agora )?(?:e|sera) agora|agora,? (?:voce|tu) (?:e|es)"
        r"|a partir de agora,? (?:voce|tu|aja)|voce agora e|aja como|finja (?:ser|que e)"
        r"|comporte-se como",
        note=r"nota|mensagem|aviso|atencao|instruc(?:ao|oes)|lembrete|ola|oi|car[ao]|prezad[ao]",
        machine=r"modelo de linguagem|modelo|inteligencia artificial|assistente virtual|assistente"
        r"|classificador|chatbot|sistema automatico",
    ),
    "it": Tongue(
        opener=r"per favore|ora|adesso|e|poi|quindi|devi|deve|voglio che|semplicemente|solo",
        override=r"ignor(?:a|are|ate|i|ino)|dimentic(?:a|are|ate|ati)|dimentichi|trascur(?:a|are|i)"
        r"|tralasci(?:a|are)|disattendi|scarta(?:re)?|non (?:seguire|segua|considerare|rispettare)"
        r"|non tenere conto (?:di|delle|dei|del)",
        orders=r"istruzion[ei]|regol[ea]|direttiv[ea]|indicazioni|protocollo|prompts?|comand[oi]"
        r"|ordini"
        r"|linee guida",
        before=r"precedenti?|anteriori|di sopra|qui sopra|sopra|di sistema|del sistema|iniziali"
        r"|originali"
        r"|ricevute|date finora",
        mine=r"mi[aeo]|miei|nostr[aeio]",
        reveal=r"rivela|mostra|mostrami|stampa|ripeti|dimmi|scrivi|condividi|dammi",
        yours=r"tu[aeo]|tuoi|su[aeo]|suoi|di sistema|del sistema|nascost[aei]|intern[aei]"
        r"|segret[aei]",
        answer=r"rispond(?:i|ere|a|ete)|di'|dica|scrivi|segna|metti|restituisci|scegli",
        yes_no=r"si|no|vero|falso|positiv[ao]|negativ[ao]",
        everything=r"tutt[oaei]|ogni|ciascuna|qualsiasi|qualunque|domand[ea]",
        only=r"(?:solo|soltanto|solamente|unicamente|esclusivamente)(?: con| in| il| la|:)",
        role=r"(?:ora|adesso|d'ora in poi|da ora in poi|da adesso),? (?:sei|sarai|agisci)"
        r"|(?:sei|non sei piu) (?:ora|adesso)|agisci come|comportati come|fingi di essere"
        r"|fai finta di essere",
        note=r"nota|messaggio|avviso|attenzione|istruzion[ei]|promemoria|ciao|car[ao]|gentile",
        machine=r"modello linguistico|modello|intelligenza artificiale|assistente virtuale"
        r"|assistente"
        r"|classificatore|chatbot|sistema automatico",
    ),
}  # fmt: skip
