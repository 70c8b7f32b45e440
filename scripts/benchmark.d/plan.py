"""Cuts the reference plan down to the large entity and what its rows refer to, without a copy of it kept by hand."""

import re

ENTITY = re.compile(r"^  ([a-z_]+):\s*$")
REFERENCE = re.compile(r"\b(?:ref|same_as|to|uuid): ([a-z_]+)\b")
COLUMN = re.compile(r"^(      [a-z_]+:)(?=.*\bdeferred: true\b)")


def parts(text):
    """What comes before the entities, and the lines of each entity by name, in the plan's order."""
    head, entities, name = [], {}, None
    lines = iter(text.splitlines())
    for line in lines:
        if line == "entities:":
            break
        head.append(line)
    for line in lines:
        if re.match(r"^[a-z]", line):
            break
        found = ENTITY.match(line)
        if found:
            name = found.group(1)
            entities[name] = []
        if name:
            entities[name].append(line)
    return head, entities


def without_deferred(lines):
    """References that are filled in a second pass stay NULL: they lead to entities that the large one does not refer to."""
    return [COLUMN.sub(r"\1 { default: true } #", line) if COLUMN.match(line) else line for line in lines]


def references(name, lines, entities):
    """The entities that these lines refer to."""
    found = set()
    for line in lines:
        code = line.split(" #")[0]
        # `to:` at the entity's own level names its table.
        if re.match(r"^    to: ", code):
            continue
        found.update(REFERENCE.findall(code))
    return {each for each in found if each in entities and each != name}


def cut(text, name, changes=(), without=False):
    """The plan of this entity and of its ancestors, and their names; without the entity itself if that is asked for.

    Changes: pairs of how a line begins and what takes its place, for the settings of the run.
    """
    head, entities = parts(text)
    entities = {each: without_deferred(lines) for each, lines in entities.items()}
    kept, open_names = set(), [name]
    while open_names:
        each = open_names.pop()
        if each not in kept:
            kept.add(each)
            open_names += references(each, entities[each], entities)
    if without:
        kept.remove(name)
    for start, line in changes:
        head = [line if each.startswith(start) else each for each in head]
    phases = [re.search(r"phase: (\w+)", "\n".join(entities[each])).group(1) for each in entities if each in kept]
    head = [f"phases: [{', '.join(dict.fromkeys(phases))}]" if each.startswith("phases:") else each for each in head]
    body = [line for each in entities if each in kept for line in trimmed(entities[each])]
    return "\n".join([*head, "entities:", *body]) + "\n", [each for each in entities if each in kept]


def trimmed(lines):
    """Without the comments behind the entity, which belong to the next one."""
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines = lines[:-1]
    return [*lines, ""]
