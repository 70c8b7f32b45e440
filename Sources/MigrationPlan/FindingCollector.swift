/// Gathers what the parts of the loader find, so that a plan is judged as a whole.
final class FindingCollector {
    private(set) var findings: [Finding] = []

    var hasErrors: Bool {
        self.findings.contains { $0.severity == .error }
    }

    func error(_ code: String, _ message: String, hint: String? = nil, at position: Position) {
        self.findings.append(Finding(.error, code, message, hint: hint, at: position))
    }

    func warning(_ code: String, _ message: String, hint: String? = nil, at position: Position) {
        self.findings.append(Finding(.warning, code, message, hint: hint, at: position))
    }

    func append(contentsOf findings: [Finding]) {
        self.findings.append(contentsOf: findings)
    }
}
