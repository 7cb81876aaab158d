"""How promises are worded, in Spanish and English, in folded text (no case, no accents).

Curated by hand. One wording a line: a regular expression in which `word*` stands for any ending,
` ... ` for a few words of the same clause, and a name in capitals for the group of that name.
"""

import re
from collections.abc import Mapping

from aplomo.brand.model import Promise

__all__ = ["COMMITS", "DAYS", "DENIES", "PATTERNS"]

NAMES = {
    "YOU": "(te|os|le|les)",
    "IT": "(lo|la|los|las)",
    "TIMES": (
        r"(\d+|un|una|dos|tres|cuatro|cinco|pocos|pocas|unos|unas|un par de"
        r"|an?|one|two|three|four|five|few|a few|a couple of)"
    ),
    "PERIOD": (
        "(minutos?|horas?|dias?|semanas?|mes|meses|h|hs|hrs?|mins?"
        "|minutes?|hours?|days?|weeks?|months?)"
    ),
    "WE WILL": "(we|i)('ll| will|'re going to| are going to)",
    "WE": (
        "(we|i)('ll|'ve| will| can| have|'re| are|'re going to| are going to|'d like to"
        "| would like to|'d love to| would love to)?( be)?( also| now| gladly| happily| fully)?"
    ),
    "GIVE": (
        "(issu|process|arrang|offer|send|sent|giv|provid|guarante|approv|initiat|credit|apply)*"
    ),
    "DAMOS": (
        "(da|hace|envia|manda|ofrece|tramita|gestiona|emiti|prepara|regala|aplica|ingresa|procesa"
        "|garantiza)(re)?mos"
    ),
    "WEEKDAY": (
        "(lunes|martes|miercoles|jueves|viernes|sabado|domingo"
        "|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
    ),
    "SOMEONE": (
        "(nuestro equipo|un companero|una companera|un agente|atencion al cliente|our team"
        "|a colleague|someone|an agent|customer (care|service|support))"
    ),
    "MEND": "(soluciona|arregla|implementa|mejora|lanza|incorpora|actualiza|amplia|repara)",
}
# What a brand may say it will do: look, listen, answer and pass on. Any other future is a promise.
NAMES["HARMLESS"] = (
    "(que|revisa|mira|ve|lee|ayuda|contesta|responde|escribi|esta|pasa|traslada|comparti|conta|deci"
    "|segui|atende|investiga|comproba|escucha|agradece|estudia|valora|consulta|intenta|habla"
    "|busca|tene?d?|di|comenta|transmiti|celebra|recorda|se|echa|esforza|procura|analiza|pod|sab|quer"
    # judged as promises of another kind
    "|envia|manda|da|reembolsa|devolve|abona|reintegra|ingresa|compensa|indemniza|regala|cambia"
    "|repone|reenvia|reemplaza|sustitui|ofrece|tramita|gestiona|emiti|aplica|procede)"
)
NAMES["LATER"] = (
    "(look|check|read|reply|help|review|pass|share|see|get back|be (glad|happy|here|able|in touch)"
    "|take (note|it|this|a look|your)|let you|investigate|keep|answer|respond|write|message|listen"
    "|love|talk|go (over|through)|try|do (our|my) best|make sure (to|your|the team|that the team)"
    "|hear|follow up|consider|continue|bring (it|this|that) up|forward|tell|walk|miss|find out|dig"
    "|get (this|it|that) (to|over to)|always|not|never|remember|need|figure|ask|work with you"
    "|send|ship|get you|give|offer|issue|process|provide|refund|reimburse|replace|compensate|credit"
    "|arrange|apply|swap|re-?send|re-?ship)"
)
NAMES["SPAN"] = r"TIMES(( ?- ?| o | a | or | to )\d+)?( \w{4,9})? ?PERIOD( \w+es)?"
NAMES["GRANT"] = (
    "((YOU (IT )?)?DAMOS|YOU (hemos|haremos|vamos a|podemos)|procede(re)?mos|recibiras?|tendras?"
    "|obtendras?|vas a (recibir|tener)|aqui tienes|WE GIVE"
    "|you('ll| will|'re going to|'re| are) (get*|receive|have|be)|here's|here is|enjoy"
    "|please accept)"
)

REFUND = """
    YOU (IT )?(reembolsa|devolve|abona|reintegra)(re)?mos
    (reembolsa|reintegra)(re)?mos
    (vamos|procede(re)?mos) a (reembolsar|devolver|abonar|reintegrar)*
    (devolve|abona)(re)?mos ... (dinero|importe|pago|coste|cobro|pedido|compra)
    GRANT ... (reembolso|reintegro|devolucion|abono|dinero de vuelta)
    (tu|el|su) (reembolso|devolucion|abono) (esta|ya|se|llega|sera|ha)*
    se te (devolvera|reembolsara|abonara)
    (hemos|he) (devuelto|reembolsado|abonado|reintegrado)
    (entitled to|make sure you (get|receive)) ... (refund*|money back)
    (sera|seran|ha sido|han sido) (reembolsad|devuelt|abonad|reintegrad)*
    ingresa(re)?mos ... (dinero|importe)
    (will be|has been|have been|being|get|gets) (refunded|reimbursed|credited)
    (money|amount|payment) ... (will be|has been) returned
    WE (refund|reimburse)*
    GRANT ... (refund*|reimburs*|money back)
    (your|the|a|full) refund (is|has|will|should)
    (give|get|return|send|giving|getting) you ... money back
    (get|have|return) your money( back)?
"""
COMPENSATION = """
    (compensa|indemniza)(re)?mos
    (compensar|indemnizar)(te|os|le|les|lo|la)
    GRANT ... (compensacion|indemnizacion|credito|saldo|vale|bono|un (regalo|detalle|obsequio))
    YOU regala(re)?mos
    (de|un) regalo (para|por)
    (como|en|por|modo de) compensacion
    un detalle (en|con|para) tu
    invita la casa
    corre de nuestra cuenta
    gratis
    gratuit*
    sin (ningun )?(coste|cargo|costo)
    (we|i)('ll| will| can|'d like to| would like to| want to) compensate
    GRANT ... (compensation|gift|goodwill|store credit|credit (on|to)|freebie)
    (as|in) compensation
    mak(e|ing) (it|this|that) up to you
    on the house
    on us
    free of charge
    for free
    at no (extra )?cost
    free (gift|sample|coffee|shipping|delivery|product|replacement|month|bag|item|order|one|mug)s?
"""
DISCOUNT = r"""
    GRANT ... (descuentos?|cupon|cupones|rebaja|codigo promocional|promocion)
    \d+ ?% (de )?(descuento|rebaja|menos)
    (con|usa|utiliza|introduce) (el|este) (codigo|cupon)
    (un|tu|con) (descuento|cupon) (de|del|para|en)
    GRANT ... (discount*|coupons?|vouchers?|promo code)
    \d+ ?% (off|discount)
    (use|with|enter) (the |this )?(promo |discount )?code
    (a|your) (discount|coupon|voucher) (code|on|for|off)
"""
REPLACEMENT = """
    YOU (IT )?(reenvia|repone|sustitui|reemplaza)(re)?mos
    YOU IT cambia(re)?mos
    (YOU )?(envia|manda|hace|cambia|reenvia|repone)(re)?mos ... (otr[oa]s?|nuev[oa]s?|reemplazo)
    (YOU )?(envia|manda)(re)?mos ... de nuevo
    vamos a (enviar|mandar|reponer|sustituir|reemplazar|cambiar)(te|os|le|les)?(lo|la|los|las)
    vamos a (enviar|mandar|reponer|sustituir|reemplazar|cambiar)* ... (otr[oa]s?|nuev[oa]s?)
    (recibiras?|llegara) ... (otr[oa]|nuev[oa]|reemplazo)
    GRANT ... reemplazo
    WE (replac*|re-?send*|re-?ship*)
    (send|ship|get|give)(ting|ing)? you (a|another|the|your) ... (new|replacement)
    (send|ship|get|give)(ting|ing)? you another
    (send|ship)(ing)? (out )?(a|another|your) ... (new|replacement)
    GRANT ... replacement
    WE swap*
    (new one|replacement) is on (its|the) way
"""
DEADLINE = """
    (en|dentro de) (menos de |un plazo de |un maximo de )?SPAN
    en l[oa]s proxim[oa]s ... PERIOD
    antes de SPAN
    (in|within|under) (less than |the next |about )?SPAN
    within the (hour|day|week)
    (no more than|not more than|como (mucho|maximo)) SPAN
    (en el mismo dia|the same day)
    a lo largo (del dia|de hoy|de la manana|de la tarde|de la semana)
    (hoy|manana) mismo
    antes (del|de) (el |final del? |fin del? )?(dia|mes|semana|manana|mediodia|WEEKDAY)
    (by|before) ((the )?end of )?((the |this |next )?(day|week|month)|tomorrow|tonight|WEEKDAY)
    (get back|be in touch|reply|respond|answer|write back) ... (soon|shortly|asap|right away)
    (responde|contesta|escribi|di)(re)?mos ... (pronto|enseguida|en breve|(lo|cuanto) antes)
"""
DAY = r"""
    hoy
    (?<!la )(?<!esta )(?<!una )(?<!cada )(?<!de )(?<!buena )manana
    (este|el|proximo) WEEKDAY(?! al?\b)
    (esta|la proxima) (semana|tarde|noche)
    (today|tomorrow|tonight)
    (this|next) (week|month|afternoon|evening)
    (on|this|next) WEEKDAY(?! to\b)
"""
"""Days are deadlines only in a sentence that commits to something: `te contestamos hoy`."""

FUTURE_WORK = r"""
    (?!HARMLESSremos)(?!haremos (todo )?lo )\w+[aeid]remos
    (te )?IT (MENDmos|resolvemos|corregimos|anadimos|incluimos)
    vamos a (solucion|arregl|implement|mejor|lanz|incorpor|actualiz|ampli|repar|cambi|trabaj)ar*
    vamos a (resolver|corregir|anadir|incluir|introducir)*
    (estamos|seguimos) (trabaj|solucion|arregl|mejor|actualiz|ampli)ando
    (estamos|seguimos) (resolviendo|corrigiendo|anadiendo|incluyendo)
    trabajaremos
    (se|quedara) (solucionara|arreglara|resolvera|corregira|solucionado|arreglado|resuelto)
    (nos comprometemos|te prometemos|prometemos|prometido|te garantizamos)
    (we promise|we guarantee|we commit|we're committed to|you have our word)
    no volvera a (pasar|ocurrir|suceder|repetirse)
    (pronto|proximamente) (tendr|podr|habr|llegar|lanz|estar)*
    SOMEONE ... (contactara|llamara|escribira|pondra|respondera|ayudara)
    SOMEONE ... va a (contactar|llamar|escribir|poner|responder|ayudar)*
    WE WILL( also| then| all| always| definitely| certainly| gladly| happily)?(?! LATER) \w+
    (we|i)('re| are)( currently| already| actively)? working (on|to)
    (will|won't) (be (fixed|added|resolved)|not happen again|never happen again|happen again)
    (we|i)('re| are) (so |really |very )?(excited|thrilled|keen|eager) to (?!hear|read|see|know)\w+
    (tenemos ganas|estamos deseando|ilusion) ... (empezar|lanzar|preparar|anadir|sacar)
    coming soon
    in a future (release|update|version)
    SOMEONE ... (will|'ll) (contact|call|reach out|get back|(be|get) in touch|reply|resolve|fix)
"""

ADMISSION = """
    (culpa|error|fallo|responsabilidad) (es |ha sido |fue )?nuestr[oa]
    (es|ha sido|fue|era|por) nuestr[oa] (culpa|responsabilidad|error|fallo)
    (error|fallo) (de|por) nuestra parte
    nuestra culpa
    lo (hicimos|hemos hecho) mal
    asumimos (la|toda la|nuestra) (culpa|responsabilidad)
    somos (los |las |plenamente )?(responsables|culpables)
    reconocemos (el|nuestro|que hemos) (error|fallo|fallado|cometido)
    (hemos|te hemos|os hemos) (fallado|cometido un error|metido la pata|incumplido|sido negligentes)
    cometimos un (error|fallo)
    negligen*
    (it's|it is|it was|that's|this is|this was|that was) (entirely |all )?our (error|bad|doing)
    our (fault|mistake|negligence)
    (fault|mistake|error) (is|was) ours
    we('re| are| were) (fully |legally |entirely )?(liable|to blame|at fault|responsible)
    we (take|accept|assume) (full |all |complete )?(the )?(responsibility|liability|blame)
    we('ve)? (made (a mistake|an error)|messed up|screwed up|failed you|were wrong)
    we('ve)? (dropped the ball|let you down)
    we admit
"""

COMMIT = r"""
    YOU (IT )?(?!agradecemos|deseamos|queremos|podemos|pedimos|hemos|esperamos|leemos)\w+[aei]mos
    IT (?!sentimos|lamentamos|agradecemos|sabemos|entendemos|queremos|podemos|hemos)\w+[aei]mos
    \w+remos
    vamos a
    (tendras?|recibiras?|llegara|te llega|estara|quedara|IT tienes)
    \w+'ll
    (will|going to|you can expect|expect)
"""

DENIAL = """
    (no|nunca|ni|tampoco|jamas|sin|not|never|cannot|can't|won't|don't|doesn't|unable)
"""


def _compiled(lines: str) -> re.Pattern[str]:
    pattern = "|".join(filter(None, map(str.strip, lines.splitlines())))
    for _ in range(3):  # names are made of names
        for name in sorted(NAMES, key=len, reverse=True):
            pattern = pattern.replace(name, NAMES[name])
    pattern = pattern.replace(" ... ", r" (?:[^.!?,;:]{0,40}? )?")
    pattern = re.sub(r"(?<=[a-z)])\*", r"\\w*", pattern)
    pattern = re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")


PATTERNS: Mapping[Promise, re.Pattern[str]] = {
    "refund": _compiled(REFUND),
    "compensation": _compiled(COMPENSATION),
    "discount": _compiled(DISCOUNT),
    "replacement": _compiled(REPLACEMENT),
    "deadline": _compiled(DEADLINE),
    "future_work": _compiled(FUTURE_WORK),
    "admission": _compiled(ADMISSION),
}
DAYS = _compiled(DAY)
COMMITS = _compiled(COMMIT)
DENIES = _compiled(DENIAL)
