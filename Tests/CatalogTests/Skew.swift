import Testing

/// A way in which a table's keys or bytes are spread unevenly.
struct Skew: Sendable, CustomTestStringConvertible {
    var name: String
    /// The key of row number `g` of `n`.
    var key: String
    /// A long value of the row, NULL for none.
    var body = "NULL"
    var order = "g"
    /// Done to the table afterwards.
    var then = ""

    var testDescription: String { self.name }

    static let even = Skew(name: "even", key: "g")
    static let shuffled = Skew(name: "shuffled", key: "g", order: "hashint8(g)")
    static let toasted = Skew(
        name: "TOAST-heavy range",
        key: "g",
        body: "CASE WHEN g BETWEEN n / 2 AND n / 2 + n / 20 THEN repeat(md5(g::text), 100) END"
    )
    static let all = [
        even, shuffled, toasted,
        Skew(
            name: "gaps and outlier",
            key: "CASE WHEN g = n THEN 9000000000000 ELSE g + g / (n / 7) * 1000000000 END"
        ),
        Skew(name: "hot range", key: "CASE WHEN g < n / 10 THEN g * 100000 ELSE (n / 10) * 100000::bigint + g END"),
        Skew(name: "sparse", key: "g * 1000003"),
        Skew(name: "shuffled TOAST", key: "g", body: Self.toasted.body, order: "hashint8(g)"),
        Skew(name: "half deleted", key: "g", then: "DELETE FROM thing WHERE id % 2 = 0 OR id BETWEEN 60000 AND 90000"),
        Skew(
            name: "wide rows inline",
            key: "g",
            body: "CASE WHEN g % 100000 < 10000 THEN repeat(md5(g::text), 50) END",
            then: "ALTER TABLE thing ALTER body SET STORAGE PLAIN"
        ),
    ]

    func sql(rows: Int) -> String {
        """
        CREATE TABLE thing (id bigint PRIMARY KEY, name text NOT NULL, body text);
        ALTER TABLE thing ALTER body SET STORAGE EXTERNAL;
        INSERT INTO thing SELECT \(self.key), 'name ' || g, \(self.body)
          FROM (SELECT g::bigint, \(rows)::bigint AS n FROM generate_series(1, \(rows)) AS g) AS row
         ORDER BY \(self.order);
        \(self.then)
        """
    }
}
