/// The findings about a file, as text in the manner of a compiler or as rows for `--json`.
package struct FindingReport: Sendable, Equatable {
    package let file: String
    /// In the order of their places.
    package let findings: [Finding]

    /// A report of findings in whatever order.
    package init(file: String, findings: [Finding]) {
        self.file = file
        self.findings = Self.sorted(findings)
    }

    /// The findings ordered by place, then by weight and code, so that equal plans print equally.
    package static func sorted(_ findings: [Finding]) -> [Finding] {
        let keyed = findings.enumerated()
        return
            keyed.sorted { left, right in
                Self.key(left.element, left.offset) < Self.key(right.element, right.offset)
            }
            .map(\.element)
    }

    /// One line a finding, its hint indented below, and the count as the last line.
    package var text: String {
        var lines: [String] = []
        for finding in self.findings {
            let line = finding.position.line
            let place = line > 0 ? "\(self.file):\(line):\(finding.position.column)" : self.file
            lines.append("\(place): \(finding.severity.rawValue): \(finding.message) [\(finding.code)]")
            if let hint = finding.hint { lines.append("    \(hint)") }
        }
        lines.append(self.summary)
        return lines.joined(separator: "\n") + "\n"
    }

    /// `2 errors, 1 warning`, or `no findings`.
    package var summary: String {
        let counts = [Finding.Severity.error, .warning, .note]
            .compactMap { severity -> String? in
                let count = self.findings.count { $0.severity == severity }
                return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
            }
        return counts.isEmpty ? "no findings" : counts.joined(separator: ", ")
    }

    /// The findings as rows that encode to JSON.
    package var rows: [Row] {
        self.findings.map { finding in
            Row(
                file: self.file,
                line: finding.position.line,
                column: finding.position.column,
                severity: finding.severity,
                code: finding.code,
                message: finding.message,
                hint: finding.hint
            )
        }
    }

    private static func key(_ finding: Finding, _ offset: Int) -> (Int, Int, Int, String, Int) {
        let weight = finding.severity == .error ? 0 : finding.severity == .warning ? 1 : 2
        return (finding.position.line, finding.position.column, weight, finding.code, offset)
    }
}

extension FindingReport {
    /// One finding of a report in `--json`.
    package struct Row: Sendable, Equatable, Codable {
        package var file: String
        package var line: Int
        package var column: Int
        package var severity: Finding.Severity
        package var code: String
        package var message: String
        package var hint: String?
    }
}
