/// Plan texts that the tests share.
enum PlanSample {
    static let header = """
        version: 1
        name: sample
        uuid: { namespace: 6F2C7A0E-0000-4000-8000-000000000001 }

        """

    static let full = """
        version: 1
        name: sample
        source: { schema: public, timezone: Europe/Berlin }
        target: { schema: app }
        uuid: { strategy: ordered, namespace: 6f2c7a0e-0000-4000-8000-000000000001 }
        phases: [foundation, dependent]
        run:
          shard_rows: auto
          batch_rows: 500
          memory_threshold: 64MiB
          retry: { attempts: 5, delay: 500ms }
          circuit_breaker: { error_rate: 5%, min_rows: 10 }
          rejects: { max: 2%, keep_source_rows: true }
          window: 22:00–05:00
          max_snapshot_age: 12h
        entities:
          patients:
            phase: foundation
            tag: 1
            from: patient
            to: patients
            legacy: legacy_id
            columns: { email: { sql: "lower(email)", pii: true, too_long: reject } }
            unique: [ { columns: [email], keep: { newest: modified } } ]
          orders:
            phase: dependent
            tag: 2
            from: legacy.instruction
            to: orders
            columns:
              number: order_no
              parent_id: { ref: orders, by: parent_id, on_orphan: null }
              subject_id:
                ref:
                  - { to: patients, by: item_id, when: "item_type = 11" }
                  - { to: patients, by: other_id }
                on_orphan: { placeholder: -1 }
              status: { map: { 1: draft, 2: submitted, 9: null }, from: status, else: { value: other }, null: draft }
              context: { json: ctx, on_invalid: null, json_refs: [ { path: "stages[*].id", ref: patients, on_orphan: null } ] }
              origin: { value: legacy }
            checks: [ { name: positive, sql: "amount > 0" } ]
            differential: { detect: [id, checksum], conflict: source_wins, deletes: flag }
        rules:
          - { name: active, entity: patients, on: delete, sql: "select 1" }
        metrics:
          - { name: count, source: "select 1", target: "select 1" }

        """
}
