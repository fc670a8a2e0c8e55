#include "engine/docker/exec_body.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace healer::docker {

namespace json = boost::json;

std::string exec_create_body(const std::vector<std::string>& command) {
  json::array words;
  for (const std::string& word : command) words.emplace_back(word);
  return json::serialize(json::object{{"AttachStdin", false},
                                      {"AttachStdout", true},
                                      {"AttachStderr", true},
                                      {"Tty", false},
                                      {"Cmd", std::move(words)}});
}

}  // namespace healer::docker
