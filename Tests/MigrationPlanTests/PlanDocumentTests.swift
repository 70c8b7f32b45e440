import MigrationPlan
import Testing

@Suite struct PlanDocumentTests {
    @Test func duplicateKeysDoNotHideOtherFindings() {
        expect(
            PlanSample.header + """
                name: again
                entities:
                  a:
                    from: a
                    to: a
                    tag: 1
                    "from": b
                    from: c
                    columns: { x: y, z: { value: 1, value: 2 }, 'x': w }
                  b: { form: b, to: b, tag: 2 }
                """,
            is: """
                p:4:1: error: the key `name` appears twice in one mapping [duplicate-key]
                    it is first given in line 2
                p:10:5: error: the key `from` appears twice in one mapping [duplicate-key]
                    it is first given in line 7
                p:11:5: error: the key `from` appears twice in one mapping [duplicate-key]
                    it is first given in line 7
                p:12:37: error: the key `value` appears twice in one mapping [duplicate-key]
                    it is first given in line 12
                p:12:49: error: the key `x` appears twice in one mapping [duplicate-key]
                    it is first given in line 12
                p:13:3: error: b: `from` is missing [missing-key]
                    the base table, also beside a `query:`
                p:13:8: error: b: unknown key `form` [unknown-key]
                    did you mean `from`? keys allowed here: phase, from, query, where, to, key, id, legacy, tag, \
                uuid, into, triggers, priority, parallelism, columns, checks, unique, differential, \
                keep_source_rows, rebuild
                7 errors

                """
        )
    }

    @Test(arguments: [
        ("a: [1", "syntax", 2), ("a: b: c", "syntax", 1), ("a: *b", "syntax", 1), ("\"x", "syntax", 1),
        ("\ta: 1", "syntax", 1), ("a: 1\n---\nb: 2\n", "syntax", 2), ("a: 1\nb: \u{1}", "syntax", 2),
        ("%", "syntax", 1),
        ("a: &a [x]\nb: &b [*a, *a]\n? *b\n: 1", "complex-key", 3),
        (String(repeating: "[", count: 5_000), "too-deep", 1),
        (String(repeating: "- ", count: 500), "too-deep", 1),
        (String(repeating: "- ", count: 5_000), "syntax", 1),
        (String(repeating: "a: &x\n", count: 101) + "b: *x", "too-many-aliases", 1),
    ])
    func whatCannotBeReadAsYAMLHasALine(text: String, code: String, line: Int) {
        let loaded = PlanLoader.load(text: text, file: "p")
        #expect(loaded.findings.map(\.code) == [code])
        #expect(loaded.findings.map(\.position.line) == [line])
        #expect(loaded.plan == nil)
    }

    /// Not an argument above: the test runner prints those, and these are 300,000 lines.
    @Test func whatIsTooLargeIsNotRead() {
        self.whatCannotBeReadAsYAMLHasALine(
            text: String(repeating: "a: 1\n", count: 300_000),
            code: "too-large",
            line: 1
        )
    }

    @Test func aliasesMeanWhatTheyStandFor() {
        expect(
            PlanSample.header + """
                entities:
                  a: { from: a, to: a, tag: 1, differential: &d { detect: [id] } }
                  b: { from: b, to: b, tag: 2, differential: *d }
                  c: { <<: *d, from: b, to: b, tag: 3 }
                """,
            is: """
                p:7:8: error: c: unknown key `<<` [unknown-key]
                    merge keys are not supported: write the keys out
                1 error

                """
        )
    }

    @Test func bytesThatAreNotUTF8AreLocated() {
        let loaded = PlanLoader.load(bytes: Array("a: 1\nb: ü".utf8) + [0xFF], file: "p")
        #expect(loaded.findings.map(\.code) == ["not-utf8"])
        #expect(loaded.findings.first?.position == Position(line: 2, column: 5))
    }

    @Test func aFileThatIsNotThereIsAFinding() {
        #expect(PlanLoader.load(path: "no/such/plan.yaml").findings.map(\.code) == ["unreadable"])
    }

    private func expect(_ text: String, is report: String, at location: SourceLocation = #_sourceLocation) {
        #expect(PlanLoader.load(text: text, file: "p").report.text == report, sourceLocation: location)
    }
}
