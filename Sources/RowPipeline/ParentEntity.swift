/// An entity that a program computes UUIDs of, made executable.
struct ParentEntity: Sendable {
    private enum Strategy: Sendable {
        case ordered
        case named
        case lookup
    }

    enum Resolution {
        case uuid(UUIDValue)
        case absent
        case pending
        case outOfRange
    }

    let name: String
    private let strategy: Strategy
    private var ordered = OrderedUUID(tag: 0, seed: 0)
    private var named: NamedUUID?
    /// What was read from the target; empty for the strategies that compute.
    var cache: LookupCache
    private let state: TransformEnvironment.ParentState
    private var cursor = PresenceSet.Cursor()

    init(
        name: String,
        identity: EntityIdentity,
        state: TransformEnvironment.ParentState,
        lookupCapacity: Int
    ) throws(RowPipelineError) {
        self.name = name
        self.state = state
        self.cache = LookupCache(capacity: lookupCapacity)
        switch identity.strategy {
        case .ordered(let tag, let seed):
            guard tag < 4096 else {
                throw RowPipelineError(.invalidProgram, "the tag \(tag) of \(name) has more than 12 bits")
            }
            self.strategy = .ordered
            self.ordered = OrderedUUID(tag: tag, seed: seed)
        case .v5(let namespace):
            guard let value = UUIDValue(bytes: namespace) else {
                throw RowPipelineError(.invalidProgram, "the namespace of \(name) does not have 16 bytes")
            }
            self.strategy = .named
            self.named = NamedUUID(namespace: value, owner: identity.owner)
        case .v4, .v7, .stored:
            self.strategy = .lookup
        }
    }

    var isLookedUp: Bool {
        self.strategy == .lookup
    }

    /// The UUID of a key, without a look at whether the row exists (except where only the target knows the UUID).
    mutating func compute(_ id: Int64) -> Resolution {
        switch self.strategy {
        case .ordered:
            self.ordered.uuid(of: id).map { .uuid($0) } ?? .outOfRange
        case .named:
            // Present under this strategy, by `init`; changed in place, so that its buffers are not copied.
            .uuid(self.named!.uuid(of: id))
        case .lookup:
            self.cache.uuid(of: id).map { .uuid($0) } ?? self.missing(id)
        }
    }

    /// The UUID of a row that is in the target.
    mutating func resolve(_ id: Int64) -> Resolution {
        if self.strategy == .lookup { return self.compute(id) }
        return self.state.present.contains(id, near: &self.cursor) ? self.compute(id) : self.missing(id)
    }

    private func missing(_ id: Int64) -> Resolution {
        self.state.isPending(id) ? .pending : .absent
    }
}
