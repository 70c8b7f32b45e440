/// What the coordinator says to a worker.
package enum CoordinatorMessage: Equatable, Sendable {
    case welcome(Welcome)
    case reject(Reject)
    case lease(Lease)
    case acknowledge(Acknowledgement)
    case revoke(Revoke)
    case drain(Drain)
    case pong(Pong)
}

extension CoordinatorMessage: ProtocolMessage {
    package var typeName: String {
        switch self {
        case .welcome: "WELCOME"
        case .reject: "REJECT"
        case .lease: "LEASE"
        case .acknowledge: "ACK"
        case .revoke: "REVOKE"
        case .drain: "DRAIN"
        case .pong: "PONG"
        }
    }

    package var body: any MessageBody {
        switch self {
        case .welcome(let body): body
        case .reject(let body): body
        case .lease(let body): body
        case .acknowledge(let body): body
        case .revoke(let body): body
        case .drain(let body): body
        case .pong(let body): body
        }
    }

    package init?(typeName: String, body: MessageReader) throws(ProtocolError) {
        switch typeName {
        case "WELCOME": self = .welcome(try body.read())
        case "REJECT": self = .reject(try body.read())
        case "LEASE": self = .lease(try body.read())
        case "ACK": self = .acknowledge(try body.read())
        case "REVOKE": self = .revoke(try body.read())
        case "DRAIN": self = .drain(try body.read())
        case "PONG": self = .pong(try body.read())
        default: return nil
        }
    }
}
