"""The pattern of the migration guide: batches of a thousand rows by key, a cache of ids per parent with a query per miss, and
each record on its own, so that a bad one is caught and the others go on."""

import json
import sys
from collections import OrderedDict

import psycopg
from psycopg.types.json import Jsonb

BATCH = 1000
CACHE = 10_000
CHANNELS = {1: "in_app", 2: "email", 3: "sms"}
INSERT = """
    INSERT INTO system_messages
        (profile_id, order_id, case_id, template_id, channel, context, read_at, created_at, legacy_notification_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s::timestamp AT TIME ZONE 'Europe/Berlin',
            %s::timestamp AT TIME ZONE 'Europe/Berlin', %s)"""


class Mapper:
    """Legacy id → UUID, the least recently used forgotten."""

    def __init__(self, target, query):
        self.target = target
        self.query = query
        self.cache = OrderedDict()

    def find(self, key):
        if key is None:
            return None
        if key in self.cache:
            self.cache.move_to_end(key)
            return self.cache[key]
        row = self.target.execute(self.query, (key,)).fetchone()
        found = row[0] if row else None
        self.cache[key] = found
        if len(self.cache) > CACHE:
            self.cache.popitem(last=False)
        return found


def parsed(document):
    try:
        value = json.loads(document)
    except (TypeError, ValueError):
        return None
    # What jsonb refuses although it is JSON.
    text = json.dumps(value)
    if "\\u0000" in text.replace("\\\\", ""):
        return None
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return None
    return Jsonb(value)


def main():
    source = psycopg.connect(sys.argv[1])
    # As the guide's pools do: with a transaction around the batch, its first bad record would end all of it.
    target = psycopg.connect(sys.argv[2], autocommit=True)
    mappers = {
        name: Mapper(target, f"SELECT id FROM {name} WHERE {key} = %s")
        for name, key in (
            ("profiles", "legacy_user_id"), ("orders", "legacy_instruction_id"),
            ("cases", "legacy_instance_id"), ("templates", "legacy_template_id"),
        )  # fmt: skip
    }
    last, skipped = -(2**62), 0
    while True:
        batch = source.execute(
            "SELECT id, user_id, template_id, item_type_id, item_id, channel, template_context, read_at, created"
            " FROM dispatch_notification WHERE id > %s ORDER BY id LIMIT %s", (last, BATCH)).fetchall()  # fmt: skip
        if not batch:
            break
        for key, user, template, kind, item, channel, document, read_at, created in batch:
            profile = mappers["profiles"].find(user)
            if profile is None or channel not in CHANNELS:
                skipped += 1
                continue
            try:
                target.execute(INSERT, (
                    profile, mappers["orders"].find(item) if kind == 11 else None,
                    mappers["cases"].find(item) if kind == 12 else None, mappers["templates"].find(template),
                    CHANNELS[channel], parsed(document), read_at, created, key,
                ))  # fmt: skip
            except psycopg.errors.UniqueViolation:
                skipped += 1
        last = batch[-1][0]
    print(f"skipped {skipped}")


main()
