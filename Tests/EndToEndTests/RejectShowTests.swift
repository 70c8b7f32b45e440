import ControlStore
import Testing

extension EndToEnd {
    /// `godwit rejects show` names what stands behind a reject, and a next command that helps.
    @Suite struct RejectShowTests {
        private static let source = """
            CREATE TABLE customer (id integer PRIMARY KEY, email text);
            CREATE TABLE "order" (id integer PRIMARY KEY, customer_id integer, payer_id integer);
            CREATE TABLE item (id integer PRIMARY KEY, order_id integer);
            INSERT INTO customer SELECT n, 'e' || CASE n WHEN 77 THEN 1 ELSE n END FROM generate_series(1, 100) AS n;
            INSERT INTO "order" SELECT n, CASE n WHEN 5 THEN 77 WHEN 6 THEN 500 ELSE n % 50 + 1 END,
                CASE n WHEN 150 THEN 9999 ELSE 1 END FROM generate_series(1, 200) AS n;
            INSERT INTO item VALUES (1, 150), (2, 5), (3, 7), (4, 999); ANALYZE
            """
        private static let target = """
            CREATE TABLE customers (id uuid PRIMARY KEY, email text UNIQUE, legacy_id bigint UNIQUE);
            CREATE TABLE orders (id uuid PRIMARY KEY, customer_id uuid REFERENCES customers,
                payer_id uuid REFERENCES customers, legacy_id bigint UNIQUE);
            CREATE TABLE items (id uuid PRIMARY KEY, order_id uuid REFERENCES orders, legacy_id bigint UNIQUE)
            """
        private static let entities = """
            customers:
              from: customer
              to: customers
              legacy: legacy_id
              tag: 1
              columns: { email: { from: email } }
              unique: [{ columns: [email], keep: lowest_key }]
            orders:
              from: order
              to: orders
              legacy: legacy_id
              tag: 2
              columns:
                customer_id: { ref: customers, by: customer_id }
                payer_id: { ref: customers, by: payer_id, on_orphan: fail }
            items:
              from: item
              to: items
              legacy: legacy_id
              tag: 3
              columns: { order_id: { ref: orders, by: order_id } }
            """

        @Test func itNamesTheCauseAndTheCommandThatHelps() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                #expect(await (try migration.migrate()) == 2, "\(migration.logs)")
                let id = { (entity: String, key: Int) throws -> String in
                    let sql = "SELECT id FROM godwit.rejects WHERE entity = '\(entity)' AND source_key = \(key)"
                    return try #require(try migration.value(.target, sql))
                }
                let failed = try #require(
                    try migration.value(.target, "SELECT 's' || id FROM godwit.shards WHERE state = 'failed'")
                )
                let first = try #require(
                    try migration.value(.target, "SELECT 's' || id FROM godwit.shards WHERE entity = 'customers'")
                )
                // Somebody has brought the customer of order 6 by hand.
                try migration.execute(
                    .target,
                    "INSERT INTO public.customers VALUES (godwit.uuid('customers', 500), 'e500', 500)"
                )
                let duplicate = try id("customers", 77)
                for (entity, key, lines) in [
                    (
                        "customers", 77,
                        [
                            "why:     customers 1 (\(first)) keeps the value of `email` that must be unique",
                            "next: change the value of this row in the source, then: godwit rejects replay \(duplicate); "
                                + "or that of customers 1, then first: godwit retry \(first) --force",
                        ]
                    ),
                    (
                        "orders", 5,
                        [
                            "parent:  customers 77 was rejected itself: duplicate; godwit rejects show \(duplicate)",
                            "next: mend customers 77 first (godwit rejects show \(duplicate)), then: "
                                + "godwit rejects replay \(duplicate); the row follows by itself",
                        ]
                    ),
                    (
                        "items", 2,
                        [
                            "parent:  orders 5 was rejected itself: orphan; godwit rejects show \(try id("orders", 5))",
                            "next: mend customers 77 first (godwit rejects show \(duplicate)), then: "
                                + "godwit rejects replay \(duplicate); the row follows by itself",
                        ]
                    ),
                    (
                        "orders", 6,
                        [
                            "parent:  customers 500 is in the target by now",
                            "next: godwit rejects replay \(try id("orders", 6))\n",
                        ]
                    ),
                    (
                        "items", 1,
                        [
                            "parent:  orders 150 is in \(failed), which has failed",
                            "next: godwit shard show \(failed); mend the cause, then: godwit retry \(failed); "
                                + "the row follows by itself",
                        ]
                    ),
                    (
                        "items", 4,
                        [
                            "parent:  orders 999 is not in the target, and no row of that key was rejected",
                            "next: mend the parent or the reference in the source, then: "
                                + "godwit rejects replay \(try id("items", 4))",
                        ]
                    ),
                ] {
                    let show = try migration.start(["rejects", "show", entity, "\(key)"])
                    #expect(await show.exitStatus() == 0, "\(show.log)")
                    for line in lines { #expect(show.log.contains(line), "\(show.log)") }
                }
                try await Self.expectTheAdviceToHelp(migration, duplicate: duplicate, first: first)
            }
        }

        /// The winner is changed, its shard merged; the loser is of the same shard, so it comes with the merge.
        private static func expectTheAdviceToHelp(
            _ migration: Migration,
            duplicate: String,
            first: String
        ) async throws {
            try migration.execute(.source, "UPDATE customer SET email = 'new' WHERE id = 1")
            let retry = try migration.start(["retry", first, "--force", "--workers", "1"])
            #expect(await retry.exitStatus() == 2, "\(retry.log)")
            try migration.expect(
                ["1|new", "77|e1"],
                "SELECT legacy_id, email FROM public.customers WHERE legacy_id IN (1, 77) ORDER BY 1"
            )
            try migration.expect(["migrated"], "SELECT resolution FROM godwit.rejects WHERE id = \(duplicate)")
        }
    }
}
