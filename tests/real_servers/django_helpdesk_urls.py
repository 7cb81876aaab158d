"""The helpdesk, and the files attached to its follow-ups."""

from django.conf import settings  # type: ignore[import-not-found]
from django.conf.urls.static import static  # type: ignore[import-not-found]
from django.urls import include, path  # type: ignore[import-not-found]

urlpatterns = [
    path("", include("helpdesk.urls")),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
