// Command kube is the server side of Kubernetes in one program, so that the tests link it once instead of seven
// times. Which part runs is told by the first argument, or by the name of the symbolic link it is called by.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// The parts that are cobra commands; etcd and CoreDNS bring their own main functions.
var components = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kube-proxy":              proxy.NewProxyCommand,
}

const usage = "usage: kube etcd|coredns|kube-apiserver|kube-controller-manager|kube-scheduler|kubelet|kube-proxy [flags]"

func isPart(name string) bool {
	_, component := components[name]
	return component || name == "etcd" || name == "coredns"
}

func main() {
	part := filepath.Base(os.Args[0])
	if !isPart(part) && len(os.Args) > 1 {
		part, os.Args = os.Args[1], os.Args[1:]
	}
	switch part {
	case "etcd":
		etcdmain.Main(os.Args)
	case "coredns":
		dnsserver.Directives = []string{"errors", "cache", "kubernetes"}
		coremain.Run()
	default:
		command, known := components[part]
		if !known {
			fmt.Fprintln(os.Stderr, usage)
			os.Exit(2)
		}
		os.Exit(cli.Run(command()))
	}
}
