internal import FoundationEssentials

/// Reads a plan and judges it as a whole, without either database.
package enum PlanLoader {
    /// Loads a plan from YAML text; `file` is only the name shown beside the findings.
    package static func load(text: String, file: String) -> LoadedPlan {
        let findings = FindingCollector()
        var plan = PlanDocument.read(text, into: findings).root
            .flatMap { PlanReader(findings: findings).plan($0, text: text) }
        if var read = plan {
            findings.append(contentsOf: PlanConsistency.findings(in: &read))
            let graph = DependencyGraph(of: read)
            graph.markDeferred(in: &read)
            findings.append(contentsOf: graph.findings + DeferredConsistency.findings(in: read))
            if !findings.hasErrors { findings.append(contentsOf: UnbuiltFeatures.notes(on: read)) }
            plan = read
        }
        return LoadedPlan(
            plan: findings.hasErrors ? nil : plan,
            findings: FindingReport.sorted(findings.findings),
            file: file
        )
    }

    /// Loads a plan from a file; that it can't be read is a finding too.
    package static func load(path: String) -> LoadedPlan {
        let start = Position(line: 1, column: 1)
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            // Foundation's own description of the error is a page of internals.
            let isThere = FileManager.default.fileExists(atPath: path)
            let reason = isThere ? "is it a file, and readable?" : "there is no such file"
            let finding = Finding(.error, "unreadable", "the plan can't be read: \(reason)", at: start)
            return LoadedPlan(plan: nil, findings: [finding], file: path)
        }
        return Self.load(bytes: bytes, file: path)
    }

    /// Loads a plan from the bytes of a file.
    package static func load(bytes: [UInt8], file: String) -> LoadedPlan {
        if let text = String(validating: bytes, as: UTF8.self) {
            return Self.load(text: text, file: file)
        }
        let finding = Finding(
            .error,
            "not-utf8",
            "the plan is not valid UTF-8",
            hint: "save the file as UTF-8",
            at: TextPosition.of(offset: Self.validLength(of: bytes), in: bytes)
        )
        return LoadedPlan(plan: nil, findings: [finding], file: file)
    }

    /// How many bytes come before the first that is not part of a UTF-8 character.
    private static func validLength(of bytes: [UInt8]) -> Int {
        var decoder = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var length = 0
        while case .valid(let scalar) = decoder.parseScalar(from: &iterator) {
            length += scalar.count
        }
        return length
    }
}
