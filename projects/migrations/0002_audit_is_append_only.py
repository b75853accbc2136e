"""Let the database itself refuse a changed audit entry. A later migration that rebuilds the table on SQLite must run this again."""

from django.db import migrations

SQLITE = """
CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON projects_auditentry
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END
"""
FUNCTION = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
TRIGGER = """
CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON projects_auditentry
FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
"""
DROP = {
    "sqlite": ["DROP TRIGGER IF EXISTS audit_is_append_only"],
    "postgresql": [
        "DROP TRIGGER IF EXISTS audit_is_append_only ON projects_auditentry",
        "DROP FUNCTION IF EXISTS audit_is_append_only()",
    ],
}
CREATE = {"sqlite": [SQLITE], "postgresql": [FUNCTION, TRIGGER]}


def create(apps, schema_editor):
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in DROP[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_people_projects_keys")]
    operations = [migrations.RunPython(create, drop)]
