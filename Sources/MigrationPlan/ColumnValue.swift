/// How the value of a target column comes about; one case per column kind of the plan reference.
package enum ColumnValue: Sendable, Equatable {
    /// `from:` – a source column, carried over.
    case copy(column: String)
    /// `sql:` – an expression that the source evaluates.
    case sql(String)
    /// `ref:` – the UUID of a parent row; more than one alternative makes it polymorphic.
    case reference(ReferencePlan)
    /// `map:` – a look-up of the source value's text.
    case map(MapPlan)
    /// `json:` – text that must be valid for `jsonb`.
    case json(JSONPlan)
    /// `value:` – the same for every row, as PostgreSQL input text; nil is NULL.
    case constant(String?)
    /// `uuid:` – the UUID of (entity, source expression), computed without looking whether that row exists.
    case uuid(entity: String, by: String)
    /// `default: true` – left out, so that the target's default applies.
    case targetDefault
}
