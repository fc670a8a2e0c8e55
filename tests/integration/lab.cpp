#include "integration/lab.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "support/scripted_server.hpp"

namespace healer::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* mark_key = "healer.test";
const std::string image_folder = "healer-test/";

std::string own_host() {
  std::string name(256, '\0');
  ::gethostname(name.data(), name.size() - 1);
  return name.c_str();
}

/// The start time of the process in the kernel's ticks: pid and start time together are unique.
std::string birth_of(const std::string& pid) {
  const std::string stat = read_file("/proc/" + pid + "/stat");
  const auto after_name = stat.rfind(')');
  if (after_name == std::string::npos) return {};
  std::istringstream fields(stat.substr(after_name + 1));
  std::string field;
  for (int number = 3; number <= 22 && fields >> field; ++number) {
  }
  return field;
}

/// `run` is "host/pid/birth". True when the process that made it may still be using it.
bool in_use(const std::string& run) {
  const auto last = run.rfind('/');
  const auto first = last == std::string::npos ? last : run.rfind('/', last - 1);
  if (first == std::string::npos) return false;
  if (run.substr(0, first) != own_host()) return true;  // another machine's process: it may still run
  const std::string birth = birth_of(run.substr(first + 1, last - first - 1));
  return !birth.empty() && birth == run.substr(last + 1);
}

}  // namespace

Lab::Lab(DockerCli docker, std::string network_namespace)
    : docker_(std::move(docker)), network_namespace_(std::move(network_namespace)) {
  const std::string pid = std::to_string(::getpid());
  mark_ = std::string(mark_key) + "=" + own_host() + "/" + pid + "/" + birth_of(pid);
  image_ = image_name("sample-app");
  if (!docker_.answers()) throw std::runtime_error("no engine answers at " + docker_.host());
  sweep();
  refuse_strangers();
  make_image();
}

Lab::~Lab() {
  try {
    clear();
    remove_images(std::to_string(::getpid()));
  } catch (...) {  // the next Lab removes what is left
  }
}

std::string Lab::name(const std::string& base) const {
  return base + "-" + std::to_string(::getpid());
}

std::string Lab::image_name(const std::string& base) const {
  return image_folder + base + ":" + std::to_string(::getpid());
}

void Lab::remove_images(const std::string& tag) const {
  for (const std::string& image :
       docker_.lines({"image", "ls", "--filter", "reference=" + image_folder + "*:" + tag, "--format",
                      "{{.Repository}}:{{.Tag}}"}))
    docker_.attempt({"image", "rm", "-f", image});
}

void Lab::clear() const {
  std::vector<std::string> remove = {"rm", "-f", "-v"};
  for (std::string& id : docker_.lines({"ps", "-aq", "--filter", "label=" + mark_}))
    remove.push_back(std::move(id));
  if (remove.size() > 3) docker_.attempt(remove);
  for (const std::string& id : docker_.lines({"network", "ls", "-q", "--filter", "label=" + mark_}))
    docker_.attempt({"network", "rm", id});
}

void Lab::sweep() const {
  const std::string label = std::string("{{.Label \"") + mark_key + "\"}}";
  const auto dead = [&](const std::vector<std::string>& list, const std::vector<std::string>& remove) {
    for (const std::string& line : docker_.lines(list)) {
      const auto space = line.find(' ');
      if (in_use(line.substr(space + 1))) continue;
      std::vector<std::string> arguments = remove;
      arguments.push_back(line.substr(0, space));
      docker_.attempt(arguments);
    }
  };
  const std::string filter = std::string("label=") + mark_key;
  dead({"ps", "-a", "--filter", filter, "--format", "{{.ID}} " + label}, {"rm", "-f", "-v"});
  dead({"network", "ls", "--filter", filter, "--format", "{{.ID}} " + label}, {"network", "rm"});
  for (const std::string& tag :
       docker_.lines({"image", "ls", "--filter", "reference=" + image_folder + "*", "--format", "{{.Tag}}"}))
    if (birth_of(tag).empty()) remove_images(tag);
}

void Lab::refuse_strangers() const {
  std::string found;
  for (const char* key : {"monitored", "healer.enable"})
    for (const std::string& line :
         docker_.lines({"ps", "-a", "--filter", std::string("label=") + key, "--format",
                        std::string("{{.Names}} {{.Label \"") + mark_key + "\"}}"}))
      if (line.ends_with(' ')) found += " " + line.substr(0, line.size() - 1);
  if (!found.empty())
    throw std::runtime_error("the engine at unix://" + docker_.unix_socket() +
                             " has containers that opted in and are no test's:" + found +
                             ". The healer under test would touch them, so nothing was started. Remove them, "
                             "or set DOCKER_HOST to another engine.");
}

void Lab::make_image() const {
  const TemporaryFolder folder;
  const fs::path root = folder.file("root");
  fs::create_directories(root / "bin");
  fs::create_directories(root / "tmp");
  fs::create_directories(root / "state");
  fs::copy_file(SAMPLE_APP_BINARY, root / "bin/sample-app");
  fs::copy_file(BUSYBOX_BINARY, root / "bin/busybox");
  for (const char* tool : {"sh", "touch", "rm", "sleep", "awk", "test", "cat"})
    fs::create_symlink("busybox", root / "bin" / tool);
  import_image(docker_, root, image_, {"ENTRYPOINT [\"/bin/sample-app\"]", "EXPOSE 8080", "ENV PATH=/bin"});
}

void import_image(const DockerCli& docker, const std::string& root, const std::string& name,
                  const std::vector<std::string>& instructions) {
  const std::string archive = root + ".tar";
  Command tar;
  tar.arguments = {"tar", "-C", root, "--owner=0", "--group=0", "-cf", archive, "."};
  if (const Ran ran = run(std::move(tar)); ran.code != 0) throw std::runtime_error("tar: " + ran.output);
  std::vector<std::string> import = {"import"};
  for (const std::string& instruction : instructions) {
    import.emplace_back("-c");
    import.push_back(instruction);
  }
  import.push_back(archive);
  import.push_back(name);
  docker(import);
}

Lab& shared_lab() {
  static Lab lab{DockerCli()};
  return lab;
}

}  // namespace healer::testing
