/// A column whose source text must be valid input for `jsonb`.
package struct JSONPlan: Sendable, Equatable {
    /// The source expression.
    package var from: String
    package var onInvalid: InvalidPolicy
    /// Integer ids inside the document that become UUIDs.
    package var references: [EmbeddedReference]
}

extension JSONPlan {
    /// What becomes of a text that `jsonb` refuses.
    package enum InvalidPolicy: String, Sendable, Equatable, Codable {
        case null
        case reject
        /// Mend what can be mended without guessing (Python `repr`, `\u0000`, lone surrogates), else as `null`.
        case repair
        /// Keep the text inside `{"raw": "…"}`.
        case wrap
    }

    /// Ids inside the document that refer to rows of an entity.
    package struct EmbeddedReference: Sendable, Equatable {
        /// Member names joined with dots; `[*]` after a name means every element of that array.
        package var path: String
        package var entity: String
        package var onOrphan: ReferencePlan.OrphanPolicy

        package init(path: String, entity: String, onOrphan: ReferencePlan.OrphanPolicy) {
            self.path = path
            self.entity = entity
            self.onOrphan = onOrphan
        }
    }
}
