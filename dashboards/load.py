"""Puts everything into Superset's own database, inside its process: schema, roles, the user, the
assets. Can be run again: it overwrites and removes what is gone. Environment: see orderflow's
stack/lib/dashboards.sh; DATABASE_URL is the read-only role's."""

import logging
import os
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
logging.basicConfig(level=logging.ERROR)
sys.path.insert(0, str(Path(__file__).resolve().parent))

import psycopg2  # noqa: E402

from assets import fixed_uuid, make_assets, read_charts, read_datasets  # noqa: E402

USER = "analyst"
COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), col_description(a.attrelid, a.attnum)
    FROM pg_attribute a
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""


def read_columns(url):
    """View -> [(name, type, comment)] of every view that a dataset names."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        found = {}
        for spec in read_datasets().values():
            cursor.execute(COLUMNS, [f"public.{spec['view']}"])
            found[spec["view"]] = cursor.fetchall()
        return found


def prepare(app, folder):
    """Superset's schema and roles, once for each version of it."""
    from superset import db, security_manager
    from importlib.metadata import version

    mark = folder / "prepared"
    wanted = version("apache_superset")
    if mark.exists() and mark.read_text(encoding="ascii") == wanted:
        return
    from flask_migrate import upgrade

    # Where Superset's migrations are is known to its own extension only.
    from superset.extensions import migrate

    upgrade(directory=migrate.directory)
    app.appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()
    db.session.commit()
    mark.write_text(wanted, encoding="ascii")


def set_user(password):
    """The one user: sees and edits dashboards and queries. Local, so that it may do everything."""
    from superset import db, security_manager

    user = security_manager.find_user(USER)
    if user is None:
        user = security_manager.add_user(USER, "Orderflow", "Analyst", "analyst@localhost",
                                         security_manager.find_role("Admin"), password=password)
    else:
        security_manager.reset_password(user.id, password)
    db.session.commit()
    return security_manager.find_user(USER)


def remove_old_charts(folder):
    """Charts that an earlier release loaded and this one does not know; an analyst's own stay."""
    from superset import db
    from superset.models.slice import Slice

    mark = folder / "loaded"
    known = {fixed_uuid("chart", name) for name in read_charts()}
    before = set(mark.read_text(encoding="ascii").split()) if mark.exists() else set()
    for chart in db.session.query(Slice).all():
        if str(chart.uuid) in before - known:
            db.session.delete(chart)
    db.session.commit()
    mark.write_text("\n".join(sorted(known)), encoding="ascii")


def main():
    folder = Path(os.environ["ORDERFLOW_SUPERSET"])
    url = os.environ["DATABASE_URL"]
    password = (folder / "password").read_text(encoding="ascii").strip()
    assets = make_assets(url.replace("postgresql://", "postgresql+psycopg2://", 1), read_columns(url))

    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from superset import db
        from superset.commands.importers.v1.assets import ImportAssetsCommand
        from superset.models.dashboard import Dashboard
        from superset.models.slice import Slice
        from superset.utils.core import override_user

        prepare(app, folder)
        user = set_user(password)
        with override_user(user):
            try:
                ImportAssetsCommand(assets).run()
            except Exception as error:  # the cause names file and field
                sys.exit(f"the assets were refused: {error}: {error.__cause__ or getattr(error, '_exceptions', '')}")
        remove_old_charts(folder)
        print(f"{db.session.query(Dashboard).count()} dashboard, {db.session.query(Slice).count()} charts")


if __name__ == "__main__":
    main()
