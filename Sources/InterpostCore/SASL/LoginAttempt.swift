/// What a client of Interpost has said to log in. Whether it is right is decided elsewhere.
package struct LoginAttempt: Sendable, Equatable {
    package enum Proof: Sendable, Equatable {
        /// A password, or a token.
        case secret(Secret)
        /// The client has proved that it knows the password of the keys that it was asked about, or has not.
        case scram(isRight: Bool)
    }

    package var name: String
    /// The identity to act as, where the client names another than its own.
    package var authorizationIdentity: String?
    package var mechanism: LoginMechanism
    package var proof: Proof

    package init(name: String, authorizationIdentity: String? = nil, mechanism: LoginMechanism, proof: Proof) {
        self.name = name
        self.authorizationIdentity = authorizationIdentity
        self.mechanism = mechanism
        self.proof = proof
    }
}
