#ifndef GODWIT_CCRYPTO_SHIM_H
#define GODWIT_CCRYPTO_SHIM_H

#include <openssl/sha.h>

#endif
