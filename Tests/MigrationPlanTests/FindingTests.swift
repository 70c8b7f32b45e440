import MigrationPlan
import Testing

@Suite struct FindingTests {
    @Test func unknownAndMissingKeysAreReportedTogether() {
        expect(
            """
            version: 2
            nmae: sample
            uuid: { strategy: orderd, namespace: 12 }
            entities:
              a: { form: x, tag: 4096, columns: { b: { pii: yes } } }
              a b: []
            """,
            is: """
                p:1:1: error: the plan: `name` is missing [missing-key]
                p:1:10: error: the plan: `version` must be 1, not `2` [bad-value]
                p:2:1: error: the plan: unknown key `nmae` [unknown-key]
                    did you mean `name`? keys allowed here: version, name, source, target, uuid, phases, run, \
                entities, rules, metrics
                p:3:19: error: uuid: `strategy` can't be `orderd` [bad-value]
                    did you mean `ordered`? allowed: ordered, v5, v4, v7, stored
                p:3:38: error: uuid: `namespace` must be a UUID of 36 characters, not `12` [bad-value]
                p:5:3: error: a: `from` is missing [missing-key]
                    the base table, also beside a `query:`
                p:5:3: error: a: `to` is missing [missing-key]
                    the target table
                p:5:3: warning: a has no `tag:`, so its name decides it [derived-tag]
                    write into the plan: `tag: 3241`
                p:5:8: error: a: unknown key `form` [unknown-key]
                    did you mean `from`? keys allowed here: phase, from, query, where, to, key, id, legacy, tag, \
                uuid, into, triggers, priority, parallelism, columns, checks, unique, differential, \
                keep_source_rows, rebuild
                p:5:22: error: a: `tag` must be 0 to 4095, not `4096` [bad-value]
                p:5:49: error: a.b: `pii` must be true or false, not `yes` [wrong-type]
                p:6:3: error: an entity's name must be letters, digits, `-` and `_`, not `a b` [bad-value]
                p:6:8: error: a b must be a mapping, not a list [wrong-type]
                12 errors, 1 warning

                """
        )
    }

    @Test func everySettingOfARunIsChecked() {
        expect(
            PlanSample.header + """
                run:
                  shard_rows: 0
                  memory_threshold: 256
                  parallelism: "8"
                  phase_barrier: yes
                  error_strategy: rollback
                  retry: { attempts: 0, delay: 2 }
                  circuit_breaker: { error_rate: 500% }
                  rejects: { max: -1 }
                  window: 25:00-05:00
                  max_snapshot_age: 99999999999999999d
                  audit: tables
                  change_log: [rows]
                entities:
                  a: { from: a, to: a, tag: 1 }
                """,
            is: """
                p:5:15: error: run: `shard_rows` must be `auto` or a whole number from 1, not `0` [bad-value]
                p:6:21: error: run: `memory_threshold` must be a size, not `256` [bad-value]
                    as in `256MiB` or `1GiB`
                p:7:16: error: run: `parallelism` must be a whole number, not the text `8` [wrong-type]
                p:8:18: error: run: `phase_barrier` must be true or false, not `yes` [wrong-type]
                p:9:19: error: run: `error_strategy: rollback` is known but not built yet [unbuilt]
                    use `pause`, and `godwit rollback` once the run has stopped
                p:10:22: error: run.retry: `attempts` must be 1 to 100, not `0` [bad-value]
                p:10:32: error: run.retry: `delay` must be a duration, not `2` [bad-value]
                    units: ms, s, m, h, d; as in `500ms`, `2s`, `12h`
                p:11:34: error: run.circuit_breaker: `error_rate` must be a share, not `500%` [bad-value]
                    as in `5%` or `0.05`
                p:12:19: error: run.rejects: `max` must be a number of rows or a share, not `-1` [bad-value]
                    as in `2%` or `1000`
                p:13:11: error: run: `window` must be two different times of day, not `25:00-05:00` [bad-value]
                    as in `22:00–05:00`
                p:14:21: error: run: `max_snapshot_age` must be a duration, not `99999999999999999d` [bad-value]
                    units: ms, s, m, h, d; as in `500ms`, `2s`, `12h`
                p:15:10: error: run: `audit` can't be `tables` [bad-value]
                    did you mean `table`? allowed: view, table
                p:16:15: error: run: `change_log` must be one word, not a list [wrong-type]
                    allowed: shards, rows
                13 errors

                """
        )
    }

    @Test func aColumnHasOneKindAndItsKeys() {
        expect(
            PlanSample.header + """
                entities:
                  a:
                    from: a
                    to: a.b.c
                    tag: 1
                    legacy: old
                    columns:
                      one: { sql: "1", ref: a }
                      two: { sql: "1", on_orphan: null }
                      three: { ref: a, by: x, too_long: reject, on_orphan: nil }
                      four:
                      five: { value: [1] }
                      six: { default: false }
                      seven: { map: { 1: a }, else: zero }
                      eight: { ref: [ { to: a, by: x }, { to: a, by: y } ], by: z, on_orphan: null }
                      nine: { json: x, json_refs: [ { path: "a..b", ref: b } ] }
                      old: x
                      ten: { sql: "" }
                    unique: [ { columns: [onee], keep: first } ]
                    checks: [ { name: n, sql: "true" }, { name: n } ]
                """,
            is: """
                p:7:9: error: a: `to` must be `table` or `schema.table`, not `a.b.c` [bad-value]
                p:11:7: error: a.one has more than one kind: `sql`, `ref` [column-kind]
                    keep one of them
                p:12:24: error: a.two: `on_orphan` doesn't belong to a column of kind `sql` [misplaced-key]
                    it belongs to `ref`; keys of this kind: sql, pii, too_long
                p:13:7: error: a.three refers to its own table, whose rows are not complete while it is loaded \
                [cycle]
                    write `on_orphan: null`, and it is filled in a second pass
                p:13:31: error: a.three: `too_long` doesn't belong to a column of kind `ref` [misplaced-key]
                    it belongs to `from`, `sql`, `map`, `value`; keys of this kind: ref, by, when, on_orphan, \
                deferred, pii
                p:13:60: error: a.three: `on_orphan` can't be `nil` [bad-value]
                    allowed: reject, null, fail, { placeholder: ID }
                p:14:7: error: a.four must be a source column or a mapping, not nothing [wrong-type]
                    `four: { value: null }` makes it NULL, `four: { default: true }` leaves it to the target
                p:15:22: error: a.five: `value` must be text or null, not a list [wrong-type]
                    for a list or a document write its text
                p:16:23: error: a.six: `default` must be true, not `false` [bad-value]
                    leave the column out instead
                p:17:7: error: a.seven: `from` is missing [missing-key]
                    the source expression whose values are looked up
                p:17:37: error: a.seven: `else` must be reject, null or a value, not `zero` [bad-value]
                    a fixed value is `else: { value: … }`
                p:18:7: note: a.eight is filled in a second pass: it refers to its own table [deferred-reference]
                p:18:23: error: a.eight: the alternatives after `a` are never tried [unreachable-alternative]
                    give it a `when:`
                p:18:61: error: a.eight: `by` belongs into the entries of `ref:` where that is a list \
                [misplaced-key]
                p:19:7: error: a.nine refers to `b`, which is no entity of the plan [unknown-entity]
                    entities: a
                p:19:45: error: a.nine.json_refs: `path` must be member names joined with dots, not the text `a..b` \
                [bad-value]
                    as in `stages[*].case_id`
                p:20:7: error: a.old is the entity's `legacy` column already [column-clash]
                    remove it from `columns:`
                p:21:19: error: a.ten: `sql` is empty [bad-value]
                p:22:15: error: a.unique: `onee` is not among the entity's columns [unknown-column]
                    did you mean `one`? list it under `columns:`, as in `onee: onee`
                p:22:40: error: a.unique: `keep` can't be `first` [bad-value]
                    allowed: lowest_key, highest_key
                p:23:41: error: a.checks: the check `n` is named twice [duplicate-name]
                p:23:41: error: a.checks: `sql` is missing [missing-key]
                21 errors, 1 note

                """
        )
    }

    @Test func namesOfEntitiesAreChecked() {
        expect(
            PlanSample.header + """
                phases: [first, last, first]
                entities:
                  users: { from: u, to: u, tag: 1, phase: frist, id: false }
                  profiles: { from: p, to: p, uuid: { same_as: user } }
                  orders:
                    from: o
                    to: o
                    tag: 1
                    columns:
                      user_id: { ref: users, by: u }
                      other_id: { uuid: nobody, by: u }
                  random: { from: r, to: r, uuid: v4, tag: 3 }
                rules: [ { name: r, entity: order, on: before, sql: x }, { name: r, entity: orders, on: never, sql: x } ]
                """,
            is: """
                p:4:1: warning: the phase `first` has no entities [unused-phase]
                p:4:1: warning: the phase `last` has no entities [unused-phase]
                p:4:23: error: the phase `first` is listed twice [duplicate-name]
                p:6:3: error: users is pinned to the phase `frist`, which `phases:` doesn't list [unknown-phase]
                    did you mean `first`? phases: first, last
                p:7:3: error: profiles: `same_as` refers to `user`, which is no entity of the plan [unknown-entity]
                    did you mean `users`? entities: users, profiles, orders, random
                p:8:3: error: orders has the tag 1 of users [duplicate-tag]
                    tags are unique in the plan, 0–4095; once rows have been migrated an entity keeps its own
                p:13:7: error: orders.user_id refers to users, which has no UUID column (`id: false`) \
                [parent-without-id]
                p:14:7: error: orders.other_id refers to `nobody`, which is no entity of the plan [unknown-entity]
                    entities: users, profiles, orders, random
                p:15:3: error: random: `legacy` is missing, where the map from keys to UUIDs is kept [missing-key]
                    only `ordered` and `v5` can do without it
                p:15:39: error: random: `tag` belongs to the `ordered` strategy only [misplaced-key]
                    remove it
                p:16:10: error: the rule `r` refers to `order`, which is no entity of the plan [unknown-entity]
                    did you mean `orders`? entities: users, profiles, orders, random
                p:16:58: error: the rule `r` is named twice [duplicate-name]
                p:16:89: error: a rule: `on` can't be `never` [bad-value]
                    allowed: before, after, delete
                11 errors, 2 warnings

                """
        )
    }

    @Test func anEntityWithoutATagGetsOneAndAWarning() {
        expect(
            PlanSample.header + """
                entities:
                  offices: { from: o, to: o }
                  clash: { from: o, to: o2, tag: \(PlanHash.tag(for: "doctors")) }
                  doctors: { from: d, to: d }
                """,
            is: """
                p:5:3: warning: offices has no `tag:`, so its name decides it [derived-tag]
                    write into the plan: `tag: 2052`
                p:7:3: error: doctors has no `tag:`, and the one its name gives it, 3755, is that of clash \
                [tag-clash]
                    write into the plan: `tag: 0`
                1 error, 1 warning

                """
        )
    }

    private func expect(_ text: String, is report: String, at location: SourceLocation = #_sourceLocation) {
        #expect(PlanLoader.load(text: text, file: "p").report.text == report, sourceLocation: location)
    }
}
