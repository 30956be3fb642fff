"""Superset's configuration: local, silent, one process. Everything that differs between machines
comes from the environment that ./orderflow sets; the secrets are files of the data folder."""

import os
from pathlib import Path

FOLDER = Path(os.environ["ORDERFLOW_SUPERSET"])

SECRET_KEY = (FOLDER / "secret_key").read_text(encoding="ascii").strip()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{FOLDER / 'superset.db'}?check_same_thread=false"
SQLALCHEMY_ENGINE_OPTIONS = {"connect_args": {"timeout": 30}}
DATA_DIR = str(FOLDER)

# Nobody on another machine can reach it, and no page of it asks another machine for anything: the
# policy stops the one telemetry pixel that the pages carry.
SUPERSET_WEBSERVER_ADDRESS = "127.0.0.1"
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
SESSION_COOKIE_SAMESITE = "Lax"
FAB_ADD_SECURITY_API = False

# The treemap of customers asks which filters are set.
FEATURE_FLAGS = {"ENABLE_TEMPLATE_PROCESSING": True}

# Charts always ask the database: live orders are seen at the next refresh.
CACHE_DEFAULT_TIMEOUT = 0
ROW_LIMIT = 10000
SUPERSET_WEBSERVER_TIMEOUT = 60
WTF_CSRF_TIME_LIMIT = None
RATELIMIT_STORAGE_URI = "memory://"

APP_NAME = "Orderflow"
D3_FORMAT = {"currency": ["₱", ""]}
CURRENCIES = ["PHP"]

# One meaning, one colour; see LABEL_COLORS in assets.py. This scheme is for everything else.
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "orderflow",
        "description": "Colours that keep apart for colour-blind eyes",
        "label": "Orderflow",
        "isDefault": True,
        "colors": [
            "#1f5f8b", "#e08e2b", "#3a9679", "#8e5ea2", "#c94f4f",
            "#5fa8d3", "#b8860b", "#6b7a8f", "#a3c957", "#d98cb3", "#2a9d8f", "#7a4b2a",
        ],
    },
    # Where only the size says something.
    {"id": "orderflow_plain", "description": "One colour", "label": "Orderflow plain", "isDefault": False,
     "colors": ["#9cc3e0"]},
    {"id": "orderflow_good", "description": "The green of profit and punctuality", "label": "Orderflow good",
     "isDefault": False, "colors": ["#3a9679"]},
]
