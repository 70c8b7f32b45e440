import MigrationPlan
import Testing

@Suite struct PlanCorrectionTests {
    private static func plan(_ changes: [(String, String)] = []) throws -> Plan {
        var text = """
            version: 1
            name: shop
            uuid: { strategy: ordered, namespace: 6f2c7a0e-5d1b-4c3a-9f00-0123456789ab }
            entities:
              offices: { from: office, to: offices, tag: 1, legacy: legacy_id }
              doctors:
                from: doctor
                to: doctors
                key: id
                legacy: legacy_id
                tag: 2
                where: "id > 0"
                columns:
                  office_id: { ref: offices, by: office_id }
                  boss_id: { ref: doctors, by: boss_id, on_orphan: null }
                  grade: { map: { 1: low }, from: grade }
                  email: { sql: "lower(email)" }
                unique: [ { columns: [email], keep: lowest_key } ]

            """
        for (old, new) in changes {
            #expect(text.contains(old))
            text = text.replacing(old, with: new)
        }
        return try #require(PlanLoader.load(text: text, file: "p").plan)
    }

    private static func correction(_ changes: [(String, String)]) throws -> PlanCorrection {
        PlanCorrection(of: try self.plan(), by: try self.plan(changes))
    }

    @Test func whatOnlyChangesValuesIsARevision() throws {
        let correction = try Self.correction([
            ("{ 1: low }", "{ 1: low, 2: high }"), ("lower(email)", "trim(email)"),
            ("entities:", "run: { batch_rows: 7 }\nentities:"),
        ])
        #expect(correction.obstacles == [])
        #expect(correction.changes == ["run", "doctors.grade", "doctors.email"])
    }

    @Test func linesThatMoveAreNoChange() throws {
        let correction = try Self.correction([("entities:", "# a comment\n\nentities:")])
        #expect(correction.obstacles == [] && correction.changes == [])
    }

    @Test(arguments: [
        ("tag: 2", "tag: 9", "doctors.tag: 2 became 9"),
        ("strategy: ordered", "strategy: v5", "offices.uuid: ordered became v5"),
        ("0123456789ab", "0123456789ac", "uuid.namespace: "),
        ("to: doctors\n", "to: physicians\n", "doctors.to: doctors became physicians"),
        ("from: doctor\n", "from: physician\n", "doctors.from: "),
        ("    key: id\n", "    key: number\n", "doctors.key: id became number"),
        ("id > 0", "id > 1", "doctors.where: id > 0 became id > 1"),
        ("keep: lowest_key", "keep: highest_key", "doctors.unique: "),
        ("{ ref: offices, by: office_id }", "office_id", "doctors: what it waits for: offices became nothing"),
        (
            "boss_id: { ref: doctors, by: boss_id, on_orphan: null }", "boss: boss_id",
            "doctors: what is filled in a second pass: "
        ),
        ("offices: {", "rooms: {", "offices: it is missing"),
    ])
    func whatMovesRowsIsRefusedByName(old: String, new: String, obstacle: String) throws {
        var changes = [(old, new)]
        if new == "rooms: {" { changes.append(("ref: offices", "ref: rooms")) }
        if new == "strategy: v5" { changes += [("tag: 1, ", ""), ("    tag: 2\n", "")] }
        let correction = try Self.correction(changes)
        #expect(correction.obstacles.contains { $0.hasPrefix(obstacle) }, "\(correction.obstacles)")
    }
}
