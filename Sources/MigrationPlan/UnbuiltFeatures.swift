/// Keys and values of the plan reference that are known but not built yet.
///
/// They are refused instead of ignored, because a plan that says `rollback` and doesn't get it is worse than none.
enum UnbuiltFeatures {
    /// The one list; a feature that gets built leaves it.
    static let all = [
        Feature(
            path: "run.error_strategy",
            value: "rollback",
            hint: "use `pause`, and `godwit rollback` once the run has stopped"
        )
    ]

    /// What the plan holds for parts of Godwit that are not built yet: kept, checked for form, and said.
    static func notes(on plan: Plan) -> [Finding] {
        var notes: [Finding] = []
        if let rule = plan.rules.first {
            notes.append(
                Finding(
                    .note,
                    "not-evaluated",
                    "business rules are checked for form only: this version does not evaluate them",
                    at: rule.position
                )
            )
        }
        if let metric = plan.metrics.first {
            notes.append(
                Finding(
                    .note,
                    "not-evaluated",
                    "metrics are checked for form only: this version does not compare them",
                    at: metric.position
                )
            )
        }
        if let settings = plan.entities.lazy.compactMap(\.differential).first {
            notes.append(
                Finding(
                    .note,
                    "not-evaluated",
                    "`differential:` is checked for form only: this version makes initial runs",
                    at: settings.position
                )
            )
        }
        return notes
    }

    /// The feature that a value of a key asks for, nil where it is built.
    static func feature(path: String, value: String) -> Feature? {
        Self.all.first { $0.path == path && $0.value == value }
    }
}

extension UnbuiltFeatures {
    struct Feature {
        /// The keys from the top of the plan, joined with dots; `*` stands for a name of the author's.
        var path: String
        var value: String
        var hint: String
    }
}
