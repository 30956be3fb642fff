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

# Colours that say something are given to their words in retail_sales.yaml; these schemes are for the
# rest. The first keeps customers and items apart, also for colour-blind eyes (Paul Tol's "muted").
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {"id": "orderflow", "description": "Things of one kind, told apart", "label": "Orderflow", "isDefault": True,
     "colors": ["#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499",
                "#661100", "#6699cc", "#888888"]},
    {"id": "orderflow_plain", "description": "Where only the size says something", "label": "Orderflow plain",
     "isDefault": False, "colors": ["#a9c9e0"]},
    {"id": "orderflow_dial", "description": "Dials, whose figure says what they mean", "label": "Orderflow dial",
     "isDefault": False, "colors": ["#5c6670"]},
]

# The more, the darker, in the colour of what is counted.
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    {"id": "orderflow_revenue", "label": "Orderflow revenue", "description": "Little to much revenue",
     "isDiverging": False, "isDefault": False, "colors": ["#d6e5ef", "#1f5f8b", "#0c2c44"]},
    {"id": "orderflow_orders", "label": "Orderflow orders", "description": "Few to many orders",
     "isDiverging": False, "isDefault": False, "colors": ["#e4e4f1", "#5e60a8", "#2b2c5c"]},
    {"id": "orderflow_value", "label": "Orderflow order value", "description": "Cheap to dear orders",
     "isDiverging": False, "isDefault": False, "colors": ["#d8f1f6", "#23a6c4", "#0e4b59"]},
]
