import MigrationPlan
import Testing

@Suite struct PlanDifferenceTests {
    private static let plan = """
        version: 1
        name: shop
        entities:
          orders:
            from: orders
            columns:
              status: { map: { 1: draft, 2: paid }, from: status, else: reject }
          jaws: { from: jaw, tag: 4 }
        """

    @Test(arguments: [
        ("tag: 4", "tag: 5", ["entities.jaws.tag: 4, now 5"]),
        (
            "2: paid", "2: shipped, 3: lost",
            [
                "entities.orders.columns.status.map.2: paid, now shipped",
                "entities.orders.columns.status.map.3: new, lost",
            ]
        ),
        (", tag: 4", "", ["entities.jaws.tag: 4, now gone"]),
        (
            "jaws: { from: jaw, tag: 4 }", "arches: { from: jaw }",
            [
                "entities.jaws: { from: jaw, tag: 4 }, now gone", "entities.arches: new, { from: jaw }",
            ]
        ),
        ("from: orders", "from: ~", ["entities.orders.from: orders, now null"]),
    ])
    func everyKeyThatDiffersIsNamed(text: String, change: String, expected: [String]) {
        #expect(PlanDifference.between(Self.plan, Self.plan.replacing(text, with: change)) == expected)
    }

    @Test(arguments: [("version: 1", "# a comment\nversion: 1"), ("jaw, tag: 4", "\"jaw\", tag: 4")])
    func commentsAndQuotesDoNotCount(text: String, change: String) {
        #expect(PlanDifference.between(Self.plan, Self.plan.replacing(text, with: change)).isEmpty)
    }

    @Test func aTextThatIsNoPlanIsNoPlanEither() {
        #expect(PlanDifference.between(Self.plan, "{") == ["one of them is no YAML"])
    }
}
