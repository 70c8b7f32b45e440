/// How the source tells whether two rows get equal values in a target column.
enum Distinction: Equatable {
    /// By this expression.
    case expression(String)
    /// All rows get the same value.
    case constant
    /// Not at all.
    case unknown
}
