/// A look-up from source values, as text, to target values, as PostgreSQL input text.
package struct MapPlan: Sendable, Equatable {
    /// The source expression.
    package var from: String
    /// Source text → target text; nil maps to NULL.
    package var table: [String: String?]
    package var otherwise: Otherwise
    /// What a NULL of the source becomes; nil stays NULL.
    package var null: String?
}

extension MapPlan {
    /// What becomes of a source value outside the table.
    package enum Otherwise: Sendable, Equatable {
        /// The row is rejected with reason `unmapped_value`.
        case reject
        /// The column becomes NULL, counted.
        case null
        /// The column takes this value, counted.
        case value(String)
    }
}
