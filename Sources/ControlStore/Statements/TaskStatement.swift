package import Postgres

/// What a task does to the suspended object it is about, in its own transaction.
package enum TaskStatement {
    /// Reads an object and keeps every other task, and `godwit constraints restore`, off it until the transaction ends.
    package static func take(_ object: Int64) -> Statement {
        Statement(
            """
            SELECT \(SuspendedRecord.columns),
                   \(ControlStore.isDone("object.steps->object.steps_done")) AS is_done,
                   coalesce(present.is_gone, false) AS is_gone, \(ControlStore.hindrance) AS hindrance
              FROM godwit.suspended_objects AS object
              \(ControlStore.presence)
             WHERE object.id = $1::bigint FOR NO KEY UPDATE OF object
            """,
            [.integer(object)]
        )
    }

    /// The statement's answer; nil where the object is gone with its run.
    package static func taken(_ result: QueryResult) -> TakenObject? {
        result.first.map {
            TakenObject(
                object: SuspendedRecord($0),
                isStepDone: $0.flag("is_done"),
                isGone: $0.flag("is_gone"),
                hindrance: $0.text("hindrance")
            )
        }
    }

    /// Tells operators that an object has gone with a column of its table; workers may write no events of their own.
    package static func tellGone(_ object: SuspendedRecord) -> Statement {
        Statement("SELECT godwit.tell_gone($1::bigint)", [.integer(object.id)])
    }

    /// Notes that the next step of an object is done, if it is the next one still; one row, or none.
    package static func advance(_ object: SuspendedRecord) -> Statement {
        Statement(
            """
            UPDATE godwit.suspended_objects
               SET steps_done = steps_done + 1,
                   restored_at = CASE WHEN steps_done + 1 = jsonb_array_length(steps) THEN clock_timestamp() END
             WHERE id = $1::bigint AND steps_done = $2::integer
            """,
            [.integer(object.id), .integer(object.stepsDone)]
        )
    }
}
