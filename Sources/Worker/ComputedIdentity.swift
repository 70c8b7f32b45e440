import RowPipeline

/// An entity's UUIDs, where they follow from its keys.
struct ComputedIdentity {
    private var ordered: OrderedUUID?
    private var named: NamedUUID?

    init(_ identity: EntityIdentity) {
        switch identity.strategy {
        case .ordered(let tag, let seed): self.ordered = OrderedUUID(tag: tag, seed: seed)
        case .v5(let namespace):
            self.named = UUIDValue(bytes: namespace).map { NamedUUID(namespace: $0, owner: identity.owner) }
        case .v4, .v7, .stored: break
        }
    }

    /// Whether there is anything to compare an id with.
    var isComputed: Bool { self.ordered != nil || self.named != nil }

    /// Whether a row of this key may have this id; nil is that of a table without one.
    mutating func isID(_ id: String?, of key: Int64) -> Bool {
        guard self.isComputed, let id else { return true }
        return UUIDValue(id) == (self.ordered?.uuid(of: key) ?? self.named?.uuid(of: key))
    }
}
