import pytest
from inline_snapshot import snapshot
from judging import judged, matter, rows

from aplomo.check.promises import promises

# kind | a reply that promises it
PROMISED = """
    compensation | Un detalle de regalo para ti.
    compensation | Esta ronda la invita la casa.
    compensation | El envío te sale gratuito.
    compensation | Te lo dejamos sin coste alguno.
    compensation | We can compensate you.
    compensation | Have a bag as compensation.
    compensation | Coffee is on the house!
    compensation | It's free of charge for you.
    compensation | You can have it for free.
    compensation | We fix it at no extra cost.
    replacement | Te enviamos el pedido de nuevo.
    replacement | Tramitamos el reemplazo hoy.
    deadline | Lo vemos antes de dos días.
    deadline | You'll hear within the hour.
    future_work | Vamos a mejorar la app.
    future_work | Estamos resolviendo el fallo.
    future_work | Trabajaremos para que funcione.
    future_work | We promise it gets better.
    future_work | Our team is on it, you have our word.
    future_work | Un compañero de la tienda va a llamarte.
    future_work | Expect it in a future update.
    admission | Ha sido nuestro error.
    admission | Es todo por nuestra culpa.
    admission | Toda nuestra culpa, de verdad.
    admission | Reconocemos el error.
    admission | We admit it went wrong.
    refund | Te devolvemos el dinero.
    refund | Te reembolsaremos el importe completo.
    refund | Tramitamos tu reembolso ahora mismo.
    refund | Recibirás el abono en tu cuenta.
    refund | Vamos a devolverte lo cobrado.
    refund | Procederemos a reembolsar el pedido.
    refund | No te preocupes, te reembolsamos la compra.
    refund | Gestionaremos la devolución del importe.
    refund | Tu reembolso está en camino.
    refund | We'll refund you in full.
    refund | We will issue a full refund.
    refund | You'll get your money back.
    refund | I've processed your refund.
    refund | Your refund is on its way.
    refund | We can offer you a refund.
    refund | We’ll send you a refund.
    refund | Don't worry, we will refund the order.
    refund | You will receive a refund.
    refund | We are happy to give you your money back.
    refund | Te hacemos el reembolso sin problema
    refund | El importe te será devuelto.
    refund | Se te devolverá el dinero
    refund | Te lo devolvemos íntegro
    refund | We're going to refund you
    refund | Your money will be returned.
    refund | A full refund is coming your way
    refund | We will reimburse the shipping
    refund | Te ingresaremos el dinero
    refund | Your card will be refunded
    refund | Te hemos devuelto el importe
    refund | Hoy mismo tramitamos la devolución
    refund | We have issued your refund
    refund | Te abonamos los 20 euros
    refund | Cancelamos el cobro y te devolvemos lo pagado
    refund | I'll make sure you get a refund
    refund | You are entitled to a full refund
    compensation | Queremos compensarte por la espera.
    compensation | Te regalamos una bolsa de café.
    compensation | Te daremos un vale para tu próxima compra.
    compensation | El próximo café es gratis.
    compensation | Te enviaremos un regalo.
    compensation | Como compensación, elige una taza.
    compensation | We'd like to make it up to you.
    compensation | Your next bag is on us!
    compensation | We'll send you a free bag.
    compensation | We will give you store credit.
    compensation | Enjoy a free coffee!
    compensation | Te compensamos con un café
    compensation | A modo de compensación te mandamos una taza
    compensation | We'd love to send you a little gift
    compensation | La próxima bolsa corre de nuestra cuenta
    compensation | Te dejamos un detalle en tu próximo pedido
    compensation | Tu próximo café corre de nuestra cuenta
    compensation | We'll throw in a free mug
    compensation | here's a little something: free shipping on your next order
    discount | Te ofrecemos un descuento del 10 %.
    discount | Aquí tienes un cupón para tu próxima compra.
    discount | Usa el 20 % de descuento en tu próxima compra.
    discount | Tendrás un descuento.
    discount | Here's a discount code for you.
    discount | Enjoy 20% off your next order.
    discount | We can offer you a voucher.
    discount | Use code SORRY at checkout.
    discount | Tienes un 15% de descuento
    discount | Un descuento del 15 % para ti
    discount | you'll get 10% off
    discount | Te mandamos un código de descuento por privado
    discount | Te aplicamos un descuento del 20%
    discount | Usa el código CAFE10
    discount | We'll knock 10% off your next order
    discount | Take 15% off with code BEAN15
    replacement | Te enviamos otra cafetera.
    replacement | Te mandaremos una nueva.
    replacement | Te lo cambiamos sin problema.
    replacement | Vamos a reponerlo.
    replacement | Vamos a enviarte otra taza.
    replacement | We'll replace it.
    replacement | We will send you a new one.
    replacement | We're sending you another mug.
    replacement | You'll get a replacement.
    replacement | We'll ship a replacement grinder.
    replacement | let us send you a new grinder
    replacement | we are sending out a new mug
    replacement | Te llegará otra taza
    replacement | Te reponemos la taza
    replacement | We'll get you a new one
    replacement | Te enviamos una taza nueva
    replacement | Te hacemos llegar otra unidad
    replacement | a new one is on its way
    replacement | We'll swap it for a new one
    deadline | Te respondemos en 24 horas.
    deadline | Lo tendrás mañana.
    deadline | Te contestamos hoy mismo.
    deadline | Llega en un par de días.
    deadline | En menos de una hora lo vemos.
    deadline | Te escribiremos antes del viernes.
    deadline | Te lo enviamos este lunes.
    deadline | Lo revisaremos a lo largo del día.
    deadline | Te contestamos en un plazo de 48 horas.
    deadline | We'll get back to you within 24 hours.
    deadline | You'll have it tomorrow.
    deadline | We will reply today.
    deadline | It arrives in 2-3 days.
    deadline | We'll have an answer by Friday.
    deadline | We'll sort this before the end of the day.
    deadline | It will be there next week.
    deadline | Give us a couple of days and it will be there in a couple of days.
    deadline | Mañana te llamamos
    deadline | we'll call you tomorrow morning
    deadline | Te contestaremos en los próximos días
    deadline | Esta tarde te escribimos
    deadline | You'll hear from us before Monday
    deadline | Lo tienes en tu casa el jueves
    deadline | Recibirás respuesta en 48h
    deadline | We'll reply within the next 2 hours
    deadline | Your order will arrive on Tuesday
    deadline | Te damos respuesta en unas horas
    deadline | Contestamos en el mismo día
    deadline | Tu pedido llegará mañana sin falta
    deadline | Expect a reply within one business day
    deadline | in the next few days you'll hear from us
    deadline | We'll have it sorted in no more than 3 days
    deadline | Como mucho el viernes lo tienes
    future_work | Lo implementaremos pronto.
    future_work | Vamos a añadir esa opción.
    future_work | Solucionaremos el problema.
    future_work | Escríbenos y lo solucionamos.
    future_work | Estamos trabajando en ello.
    future_work | No volverá a pasar.
    future_work | Muy pronto tendrás esa función.
    future_work | Nuestro equipo se pondrá en contacto contigo.
    future_work | Un compañero te llamará.
    future_work | We will fix it.
    future_work | We'll add that option.
    future_work | We're working on it.
    future_work | We're so excited to get started with your idea.
    future_work | Estamos deseando empezar con la caja de muestras.
    deadline | We'll look into it and get back to you soon.
    deadline | Te respondemos enseguida.
    deadline | Te contestamos por privado lo antes posible.
    future_work | It won't happen again.
    future_work | That feature is coming soon.
    future_work | Our team will contact you.
    future_work | We'll make this right.
    future_work | We'll get this sorted.
    future_work | Customer care will get back to you.
    future_work | Lo arreglamos ya
    future_work | we are going to improve the app
    future_work | we'll be adding that
    future_work | ya lo estamos solucionando
    future_work | Se solucionará
    future_work | the bug will be fixed
    future_work | Pronto podrás pausar la suscripción
    future_work | Nos comprometemos a mejorar
    future_work | We're on it and we'll resolve this
    future_work | Pondremos más opciones en la app
    future_work | Lo corregiremos
    future_work | Nuestro equipo contactará contigo
    future_work | We'll definitely fix this for you
    future_work | We'll make sure it doesn't happen again
    future_work | Haremos que no se repita
    future_work | That will be added to the app
    future_work | We will bring back the old blend
    admission | Es culpa nuestra.
    admission | Ha sido un error nuestro.
    admission | Asumimos toda la responsabilidad.
    admission | Te hemos fallado.
    admission | Somos responsables de lo ocurrido.
    admission | Hemos metido la pata.
    admission | It's our fault.
    admission | We take full responsibility.
    admission | We messed up.
    admission | This was our mistake.
    admission | We are liable for the damage.
    admission | We let you down.
    admission | That was our error.
    admission | Lo hicimos mal
    admission | we screwed up
    admission | fue fallo nuestro
    admission | Es un error por nuestra parte
    admission | The mistake was ours
    admission | We are responsible for this
    admission | La culpa es nuestra
    admission | We made an error
    admission | Cometimos un error
    admission | Hemos sido negligentes
    admission | We're at fault here
    admission | Es responsabilidad nuestra
"""

# Replies that promise nothing, or only what a fact states.
HARMLESS = """
    We're excited to hear what you think of it.
    We'll get back to you by direct message.
    Te respondemos por mensaje privado.
    Lo revisamos contigo.
    Te damos las gracias por el detalle.
    Escríbenos por mensaje privado y lo revisamos.
    Sentimos mucho lo que cuentas.
    Sentimos lo de tu reembolso; escríbenos por privado y lo miramos.
    Para consultar tu devolución, escríbenos por mensaje privado.
    ¿Nos pasas por privado el número de pedido para ver tu reembolso?
    No podemos ofrecer reembolsos por aquí.
    No es culpa tuya, para nada.
    No es culpa nuestra ni tuya.
    Gracias por la idea, se la pasamos al equipo de producto.
    Tomamos nota y lo tendremos en cuenta.
    Opiniones así nos ayudan a mejorar.
    ¡Qué alegría empezar la mañana contigo!
    Gracias por el café de esta mañana.
    Nos alegra que hoy haya ido mejor.
    ¡Gracias por tu mensaje de hoy!
    Sentimos la espera de hoy.
    Queremos ayudarte a solucionarlo.
    Descafeinamos solo con agua, sin disolventes químicos.
    Los pedidos a la península llegan en 2 o 3 días laborables.
    Tienes 30 días para devolver cualquier producto sin abrir.
    Sí, el envío es gratis a partir de 35 €.
    Si algo llega roto, te enviamos otro sin coste.
    Nuestro equipo lo leerá con cariño.
    Cuando quieras, aquí estamos.
    Nos vemos en la próxima taza.
    Atención al cliente responde de lunes a viernes, de 9:00 a 18:00 (hora de Madrid).
    Nos encantará leerte.
    Hemos leído tu mensaje y entendemos el enfado.
    Queremos entender qué ha pasado y ayudarte.
    Te leemos por mensaje privado.
    Muchas gracias por tus palabras! Nos alegran el día y se las pasamos a todo el equipo.
    ¿Nos das permiso para compartir tu historia?
    Te pedimos disculpas por la espera.
    Te ayudamos por mensaje privado.
    We'll look into it with you.
    We're sorry about this.
    Send us a direct message and we'll look into it.
    We can look into your refund by direct message.
    To check on your refund, send us a direct message.
    We cannot offer refunds here.
    Thanks for telling us, we're passing it on to the product team.
    We'd love to hear more.
    Feel free to write to us.
    Thank you for making our day today!
    It's not your fault at all.
    We understand how frustrating this is.
    Our prices already include taxes.
    You have 30 days to return any unopened product.
    Shipping is free from 35 €.
    Yes, shipping is free from 35 €; below that it costs 3.90 €.
    If something arrives broken, we send you another one at no cost.
    That gluten free cake looks amazing.
    We are happy you enjoy your morning coffee.
    Thank you so much for your kind words! They make our day, and the whole team will see them.
    We will read every word of it.
    Feedback like this helps us improve.
    We want to help you sort it out.
    We never offer gift cards or prize draws by direct message.
    Customer care answers Monday to Friday, from 9:00 to 18:00 (Madrid time).
    Could you tell us when you were charged?
    We'd like to understand what happened and help.
    We'll be glad to help you by direct message.
    That's not the kind of double shot anyone wants.
    Have a great day and enjoy your coffee!
    Enjoy the weekend!
    We're sorry you had to wait three weeks.
    I hope the refund issue gets clearer once we talk.
    Escríbenos por mensaje privado con tu número de pedido y vemos qué ha pasado con la devolución.
    Sentimos que la devolución se esté alargando.
    ¿Podrías enviarnos un mensaje privado?
    Entendemos que un descuento que no funciona enfada.
    El descuento que viste era de otra campaña, cuéntanos por privado.
    Gracias por avisarnos del error, lo pasamos al equipo.
    Sentimos el error en tu pedido.
    Sorry about the mistake with your order.
    Thanks for flagging the discount code problem, send us a direct message.
    Sorry your replacement has not arrived.
    We hear you, two weeks is a long wait.
    Nos alegra que la nueva cafetera te haya gustado.
    Qué buena idea lo de las bolsas pequeñas, se la contamos al equipo.
    Una idea estupenda, la compartimos con el equipo de producto.
    Gracias por tu paciencia estos días.
    Gracias por darnos otra oportunidad.
    We really appreciate you taking the time today.
    Happy Monday to you too!
    ¡Feliz lunes para ti también!
    ¡Que disfrutes del café mañana por la mañana!
    Mil gracias, hoy nos has alegrado el día.
    Lamentamos que hoy hayas tenido esta experiencia.
    Thanks, you made our week!
    Enjoy every cup of it.
    ¡Disfrútalo mucho!
    Nos encanta que lo disfrutes cada mañana.
    Llevas razón en que cinco días sin respuesta es mucho.
    It's great to hear the new grinder works.
    Thanks for sharing, we love that it sorted your mornings.
    Puedes devolverlo si no lo has abierto: tienes 30 días.
    Estamos aquí para ayudarte, escríbenos cuando quieras.
    We care about getting this right, so please send us a direct message.
    Your feedback helps us get better.
    Te escuchamos y queremos entenderlo bien.
    Vamos a revisarlo contigo.
    We're going to look into it with you.
    Te respondemos por mensaje privado.
    We'll reply to you by direct message.
"""


@pytest.mark.parametrize(("kind", "text"), rows(PROMISED))
def test_a_promise_is_found(kind: str, text: str) -> None:
    finding = judged(promises, text, matter())
    assert not finding.passed
    assert f"{kind}: says" in finding.detail


@pytest.mark.parametrize("text", [line.strip() for line in HARMLESS.strip().splitlines()])
def test_help_thanks_and_facts_are_no_promise(text: str) -> None:
    finding = judged(promises, text, matter())
    assert finding.passed, finding.detail


def test_what_the_brand_allows_is_no_problem() -> None:
    allowed = matter(brand={"promises": ("refund",)})
    assert judged(promises, "Te devolvemos el dinero.", allowed).passed
    assert judged(promises, "Te reembolsaremos. We'll refund you.", allowed).passed
    assert not judged(promises, "Te devolvemos el dinero en 24 horas.", allowed).passed


@pytest.mark.parametrize(
    "text",
    [
        "Te enviamos otro sin coste y te devolvemos el dinero.",
        "El envío es gratis y te llega en 24 horas.",
        "Claro que sí, es gratis.",
        "If something arrives broken, we send you another one and a free gift.",
    ],
)
def test_a_fact_excuses_only_what_it_states(text: str) -> None:
    assert not judged(promises, text, matter()).passed


def test_a_fact_that_no_longer_holds_excuses_nothing() -> None:
    text = "Si algo llega roto, te enviamos otro sin coste."
    assert judged(promises, text, matter()).passed
    assert not judged(promises, text, matter(facts={})).passed


def test_the_private_half_promises_nothing_either() -> None:
    finding = judged(promises, "Escríbenos.", matter(), "Hola, te devolvemos el dinero.")
    assert finding.detail == snapshot("private: refund: says 'te devolvemos'")


def test_a_hidden_character_hides_no_promise() -> None:
    assert not judged(promises, "Te devol\u200bvemos el dinero.", matter()).passed
    assert not judged(promises, "TE DEVOLVEMOS EL DINERO.", matter()).passed


def test_details() -> None:
    text = "We\u2019ll refund you within 24 hours, it\u2019s our fault."
    assert judged(promises, text, matter("en")).detail == snapshot(
        "refund: says 'we'll refund'; deadline: says 'within 24 hours'; admission: says 'our fault'"
    )
    assert judged(promises, "Gracias.", matter()).detail == snapshot(
        "none of refund, compensation, discount, replacement, deadline, future_work, admission"
    )
    kinds = ("refund", "compensation", "discount", "replacement", "deadline", "future_work")
    free = matter(brand={"promises": (*kinds, "admission")})
    assert judged(promises, "We'll refund you.", free).detail == snapshot("all allowed")
