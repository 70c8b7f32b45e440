/// Bounds on what the loader reads, so that no text can keep it busy or overflow the stack.
///
/// They were chosen for room above the reference plan (22 entities, 23 KB), not found by measuring where it breaks.
enum PlanLimits {
    /// Of the text; 0.9 MB took 0.6 s in a debug build.
    static let bytes = 1 << 20
    /// Values after aliases are replaced by what they stand for.
    static let nodes = 200_000
    /// Levels of lists and mappings; libyaml's own bound is 1,000.
    static let depth = 64
    /// Anchors in one file, because values nested through them are freed recursively.
    static let anchors = 100
    /// Places that could be an alias.
    static let aliases = 2_000
    /// Duplicate keys reported one by one; each costs another pass over the text.
    static let duplicates = 20
}
