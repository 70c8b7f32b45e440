/// An index or a constraint that is to be off during the load, if it is still what the plan's resolution found.
package struct DroppedObject: Sendable, Equatable {
    package var object: SuspendedObject
    /// A condition on the target's catalog.
    package var isUnchanged: String

    package init(_ object: SuspendedObject, isUnchanged: String) {
        self.object = object
        self.isUnchanged = isUnchanged
    }
}

/// What became of the objects that were to be dropped before a load.
package enum DropOutcome: Sendable, Equatable {
    /// Those of the given names are off; `left` stays in place, each with the reason.
    case dropped(_ names: [String], left: [String: String])
    /// The load has begun before: whatever was dropped then is, and nothing else will be.
    case notTheFirst
    /// Nothing was dropped: somebody has written to the table since the run was opened.
    case hasRows
}
