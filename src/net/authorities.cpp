#include "net/authorities.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include <curl/curl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/text.hpp"

namespace healer::net {
namespace {

constexpr std::size_t file_limit = 4 << 20;
constexpr std::size_t path_limit = 200;

bool holds_a_certificate(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bytes(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> first(
      bytes ? PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr) : nullptr, &X509_free);
  ERR_clear_error();
  return first != nullptr;
}

}  // namespace

Result<std::string> read_authorities(const std::string& path) {
  const auto no = [&](const std::string& why) {
    return failure(ErrorCode::InvalidInput,
                   "\"" + clip(printable(path), path_limit) + "\" " + why +
                       "; accepted: a file with certificates of authorities in PEM form");
  };
  std::ifstream file(path, std::ios::binary);
  if (!file) return no(std::string("cannot be read (") + std::strerror(errno) + ")");
  std::string text;
  char buffer[64 * 1024];
  while (file.read(buffer, sizeof buffer) || file.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > file_limit) return no("is larger than 4 MiB");
  }
  if (file.bad() || (text.empty() && !file.eof())) return no("cannot be read");
  if (!holds_a_certificate(text)) return no("holds no certificate");
  return text;
}

std::string system_authorities() {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), &curl_easy_cleanup);
  char* path = nullptr;
  if (!easy || curl_easy_getinfo(easy.get(), CURLINFO_CAINFO, &path) != CURLE_OK || !path) return {};
  return read_authorities(path).value_or(std::string());
}

Authorities joined_authorities(const std::string& those, const std::string& more) {
  return std::make_shared<const std::string>(those.empty() ? more : those + "\n" + more);
}

}  // namespace healer::net
