#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "support/scripted_server.hpp"

namespace healer::testing {

/// Fresh PEM files, valid for two days, under the names that the docker client uses: ca.pem, and the client's
/// cert.pem and key.pem. Also server.pem with server-key.pem for 127.0.0.1, and stranger.pem, an authority
/// that neither side trusts.
class Certificates {
 public:
  Certificates() {
    const std::string script = "cd '" + folder_.path() + R"(' && exec >openssl.log 2>&1 && set -e
      new() { openssl ecparam -genkey -name prime256v1 -noout -out "$1-key.pem"; }
      for ca in ca stranger; do
        new $ca; openssl req -x509 -new -key $ca-key.pem -subj /CN=$ca -days 2 -out $ca.pem
      done
      printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' > server.ext
      printf 'extendedKeyUsage=clientAuth\n' > client.ext
      for who in server client; do
        new $who; openssl req -new -key $who-key.pem -subj /CN=$who -out $who.csr
        openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 \
          -extfile $who.ext -out $who.pem
      done
      mv client.pem cert.pem; mv client-key.pem key.pem)";
    if (std::system(script.c_str()) != 0) throw std::runtime_error("openssl failed: see " + folder());
  }

  const std::string& folder() const { return folder_.path(); }
  std::string file(const char* name) const { return folder_.file(name); }

 private:
  TemporaryFolder folder_;
};

}  // namespace healer::testing
