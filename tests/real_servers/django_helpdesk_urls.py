# pyright: basic, reportMissingImports=false
"""The helpdesk, and the files attached to its follow-ups."""

from django.conf import settings
from django.conf.urls.static import static
from django.urls import include, path

urlpatterns = [
    path("", include("helpdesk.urls")),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
