import MigrationPlan
import Testing

@Suite struct DependencyGraphTests {
    /// A plan of entities named by single words: `child: parent…`, a parent with `?` nullable, `@phase` a pin.
    private func load(_ lines: [String], phases: String = "") -> LoadedPlan {
        var text = PlanSample.header + phases + "entities:\n"
        for (tag, line) in lines.enumerated() {
            let words = line.split { $0 == " " || $0 == ":" }.map(String.init)
            let pin = words.first { $0.hasPrefix("@") }.map { "phase: \($0.dropFirst()), " } ?? ""
            let columns = words.dropFirst().filter { !$0.hasPrefix("@") }
                .map { word in
                    let parent = word.filter { $0 != "?" && $0 != "!" }
                    let policy = word.hasSuffix("?") ? "null" : "reject"
                    let chosen = word.hasPrefix("!") ? ", deferred: true" : ""
                    return "\(parent)_id: { ref: \(parent), by: x, on_orphan: \(policy)\(chosen) }"
                }
            text +=
                "  \(words[0]): { from: t, to: t, tag: \(tag), \(pin)columns: { \(columns.joined(separator: ", ")) } }\n"
        }
        return PlanLoader.load(text: text, file: "p")
    }

    private func deferred(_ plan: Plan) -> [String] {
        DependencyGraph(of: plan).edges.filter(\.isDeferred).map(\.name)
    }

    @Test func parentsComeFirstAndEqualsKeepTheOrderOfTheFile() throws {
        let plan = try #require(load(["d: b c", "c: a", "z", "b: a", "a"]).plan)
        let graph = DependencyGraph(of: plan)
        #expect(graph.order == ["z", "a", "c", "b", "d"])
        #expect(graph.dependencies(of: "d") == ["c", "b"])
        #expect(graph.dependents(of: "a") == ["c", "b"])
        #expect(graph.dependencies(of: "nobody") == [])
        #expect(graph.phases.map(\.label) == ["phase-1", "phase-2", "phase-3"])
        #expect(graph.phases.map(\.entities) == [["z", "a"], ["c", "b"], ["d"]])
    }

    @Test func theSmallestSetOfNullableReferencesBreaksACycle() throws {
        let loaded = load(["a: b? c?", "b: d", "c: d", "d: a?"])
        let plan = try #require(loaded.plan)
        #expect(deferred(plan) == ["d.a_id"])
        #expect(
            loaded.report.text == """
                p:8:43: note: d.a_id is filled in a second pass: it closes the cycle d.a_id → a.b_id → b.d_id → d \
                [deferred-reference]
                1 note

                """
        )
        #expect(DependencyGraph(of: plan).dependencies(of: "d") == [])
        guard case .reference(let reference) = plan.entities[3].columns[0].value else {
            Issue.record("d.a_id is no reference")
            return
        }
        #expect(reference.isDeferred)
    }

    @Test func amongEqualCyclesTheReferenceAgainstTheFileOrderIsDeferred() throws {
        #expect(deferred(try #require(load(["a: b?", "b: a?"]).plan)) == ["a.b_id"])
        #expect(deferred(try #require(load(["a: !b?", "b: !a?"]).plan)) == ["a.b_id", "b.a_id"])
    }

    @Test func pinsDecideWhichReferenceIsDeferred() throws {
        let plan = try #require(
            load(["jaws: @late orders?", "orders: @early jaws?"], phases: "phases: [early, late]\n").plan
        )
        #expect(deferred(plan) == ["orders.jaws_id"])
        #expect(DependencyGraph(of: plan).phases.map(\.label) == ["early", "late"])
    }

    @Test func aCycleThatCannotBeBrokenIsRefusedWithItsPath() {
        expect(
            load(["a: b", "b: c x?", "c: a", "x: b"]),
            is: """
                p:5:43: error: references form a cycle: a.b_id → b.c_id → c.a_id → a [cycle]
                    where the target column is nullable, write `on_orphan: null` on one of: a.b_id, b.c_id, c.a_id
                1 error

                """
        )
    }

    @Test func aReferenceToItsOwnTableMustBeNullable() {
        expect(
            load(["a: a", "b: b?"]),
            is: """
                p:5:43: error: a.a_id refers to its own table, whose rows are not complete while it is loaded \
                [cycle]
                    write `on_orphan: null`, and it is filled in a second pass
                p:6:43: note: b.b_id is filled in a second pass: it refers to its own table [deferred-reference]
                1 error, 1 note

                """
        )
    }

    @Test func aDeferredReferenceCannotRejectRows() {
        expect(
            load(["a: !b", "b: a"]),
            is: """
                p:5:43: error: a.b_id is filled in a second pass, when its row can't be refused any more \
                [deferred-policy]
                    write `on_orphan: null` or `on_orphan: { placeholder: ID }`
                1 error

                """
        )
    }

    @Test func entitiesCannotShareTheirUUIDsInACircle() {
        let text =
            PlanSample.header + """
                entities:
                  a: { from: a, to: a, uuid: { same_as: b } }
                  b: { from: b, to: b, uuid: { same_as: a } }
                """
        expect(
            PlanLoader.load(text: text, file: "p"),
            is: """
                p:5:3: error: entities share each other's UUIDs: a.uuid → b.uuid → a [same-as-cycle]
                1 error

                """
        )
    }

    @Test func aPinThatContradictsAReferenceNamesIt() {
        expect(
            load(["a: @late", "b: a", "c: @early b?"], phases: "phases: [early, late, never]\n"),
            is: """
                p:4:1: warning: the phase `never` has no entities [unused-phase]
                p:8:57: error: c is pinned to the phase `early`, but c.b_id refers to b in the later phase `late` \
                [phase-order]
                    move b forward, c back, or write `deferred: true` on c.b_id
                1 error, 1 warning

                """
        )
    }

    @Test func entitiesWithoutAPinJoinThePhaseOfTheirLevel() throws {
        let plan = try #require(load(["a: @base", "b", "c: b", "d: @top c", "e: d"]).plan)
        let phases = DependencyGraph(of: plan).phases
        #expect(
            phases.map { "\($0.label): \($0.entities.joined(separator: " "))" } == [
                "base: a b", "phase-2: c", "top: d", "phase-4: e",
            ]
        )
    }

    @Test func aSecondPassNeedsAKeyInTheTarget() {
        let text =
            PlanSample.header + """
                entities:
                  a: { from: a, to: a, tag: 1 }
                  b: { from: b, to: b, id: false, columns: { a_id: { ref: a, by: x, on_orphan: null, deferred: true } } }
                """
        expect(
            PlanLoader.load(text: text, file: "p"),
            is: """
                p:6:46: error: b.a_id is filled in a second pass, which can't find the rows of a table without `id` \
                and `legacy` [deferred-without-key]
                    name the column that keeps the source key: `legacy: COLUMN`
                1 error

                """
        )
    }

    @Test func drawingsGroupByPhaseAndDashDeferredReferences() throws {
        let graph = DependencyGraph(of: try #require(load(["a: b?", "b: a"]).plan))
        #expect(
            GraphRenderer.mermaid(graph) == """
                flowchart LR
                    subgraph p0["phase-1"]
                        e0["a"]
                    end
                    subgraph p1["phase-2"]
                        e1["b"]
                    end
                    e1 -.->|"b_id"| e0
                    e0 -->|"a_id"| e1

                """
        )
        #expect(
            GraphRenderer.dot(graph) == """
                digraph plan {
                    rankdir=LR;
                    node [shape=box];
                    subgraph cluster_0 {
                        label="phase-1";
                        "a";
                    }
                    subgraph cluster_1 {
                        label="phase-2";
                        "b";
                    }
                    "b" -> "a" [label="b_id", style=dashed, constraint=false];
                    "a" -> "b" [label="a_id"];
                }

                """
        )
    }

    @Test func complexityAddsUpWeightedCounts() throws {
        let plan = try #require(PlanLoader.load(text: PlanSample.full, file: "p").plan)
        let scores = Complexity.scores(of: plan, DependencyGraph(of: plan))
        #expect(scores.map(\.entity) == ["patients", "orders"])
        #expect(
            scores.map { $0.terms.map { "\($0.factor.rawValue) \($0.count)" }.joined(separator: ", ") } == [
                "expression 1, unique 1, child 1",
                "reference 2, alternative 1, deferred 1, json 1, json_reference 1, map 1, check 1, parent 1",
            ]
        )
        #expect(scores.map(\.score) == [4, 18])
    }

    private func expect(_ loaded: LoadedPlan, is report: String, at location: SourceLocation = #_sourceLocation) {
        #expect(loaded.report.text == report, sourceLocation: location)
    }
}
