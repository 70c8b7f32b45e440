/// Bounds on what the loader reads, so that no text can keep it busy or overflow the stack.
enum PlanLimits {
    /// Twenty entities make 30 KB, and the cost is linear: safe up to about 16 MiB.
    static let bytes = 1 << 20
    /// Values after aliases are replaced; a plan of 1,000 entities has about 50,000.
    static let nodes = 200_000
    /// A plan nests to 9; safe up to the bound of libyaml, 1,000.
    static let depth = 64
    /// Anchors in one file; values nested through them are freed recursively, which bounds this to about 1,000.
    static let anchors = 100
    /// Places that could be an alias.
    static let aliases = 2_000
    /// Duplicate keys reported one by one; each costs another pass over the text.
    static let duplicates = 20
}
