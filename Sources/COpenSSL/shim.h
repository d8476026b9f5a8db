// OpenSSL, plus functions for those of its calls that are macros, which Swift cannot see.

#include <openssl/err.h>
#include <openssl/ssl.h>

static inline int interpost_ctx_require_tls_1_3(SSL_CTX *context) {
    return (int)SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
}

static inline int interpost_ctx_set_groups(SSL_CTX *context, const char *groups) {
    return (int)SSL_CTX_set1_groups_list(context, groups);
}

static inline void interpost_ctx_disable_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// Partial writes from buffers that may move, and no record buffers kept by sessions at rest.
static inline void interpost_ctx_set_stream_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(
        context,
        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
    );
}

static inline int interpost_set_server_name(SSL *session, const char *name) {
    return (int)SSL_set_tlsext_host_name(session, name);
}
