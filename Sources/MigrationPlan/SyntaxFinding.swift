internal import Yams

/// What the YAML parser complains about, as a finding.
enum SyntaxFinding {
    static func of(_ error: YamlError, in text: String) -> Finding {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let context = context.map { "\($0.text) in line \($0.mark.line): " } ?? ""
            return Self.finding(context + problem, at: Position(line: mark.line, column: mark.column))
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            return Self.finding(problem, at: TextPosition.of(offset: before.utf8.count, in: Array(before.utf8)))
        case .memory:
            return Finding(.error, "too-deep", "values nest too deeply to be read", at: Position(line: 1, column: 1))
        default:
            return Self.finding("\(error)", at: Position(line: 1, column: 1))
        }
    }

    private static func finding(_ problem: String, at position: Position) -> Finding {
        let hint =
            problem.contains("mapping values are not allowed") || problem.contains("alias")
            ? "quote the text if it contains `: `, or begins with one of `*`, `&`, `%`, `@`, `` ` ``"
            : nil
        return Finding(.error, "syntax", "not valid YAML: \(problem)", hint: hint, at: position)
    }
}
