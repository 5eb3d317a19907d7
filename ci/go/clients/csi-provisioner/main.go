// Makes and deletes volumes for claims: the controllers of external-provisioner
// with the few options that one driver on one machine needs. Upstream's own
// command also publishes capacities and serves drivers bound to topologies; for
// that it holds on to older client libraries than the other programs here, all
// of which would be compiled a second time.
package main

import (
	"context"
	"flag"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/kubernetes-csi/csi-lib-utils/metrics"
	provisioner "github.com/kubernetes-csi/external-provisioner/v6/pkg/controller"
	snapshots "github.com/kubernetes-csi/external-snapshotter/client/v8/clientset/versioned"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
	translation "k8s.io/csi-translation-lib"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

const threads = 20

type options struct {
	kubeconfig, address                      string
	timeout, retryInterval, retryIntervalMax time.Duration
	qps                                      float64
	burst                                    int
}

func parse() options {
	var chosen options
	klog.InitFlags(nil)
	flag.StringVar(&chosen.kubeconfig, "kubeconfig", "", "who to be for the API server")
	flag.StringVar(&chosen.address, "csi-address", "", "the driver's socket")
	flag.DurationVar(&chosen.timeout, "timeout", time.Minute, "for each call to the driver")
	flag.DurationVar(&chosen.retryInterval, "retry-interval-start", time.Second, "before the first repetition")
	flag.DurationVar(&chosen.retryIntervalMax, "retry-interval-max", time.Minute, "between repetitions, at most")
	flag.Float64Var(&chosen.qps, "kube-api-qps", 5, "calls per second to the API server")
	flag.IntVar(&chosen.burst, "kube-api-burst", 10, "calls at once to the API server")
	flag.Parse()
	return chosen
}

func run(ctx context.Context, chosen options) error {
	config, err := clientcmd.BuildConfigFromFlags("", chosen.kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = float32(chosen.qps), chosen.burst
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	snapshotClient, err := snapshots.NewForConfig(config)
	if err != nil {
		return err
	}
	// The process ends when the driver goes; its supervisor starts it again.
	driver, err := provisioner.Connect(ctx, chosen.address, metrics.NewCSIMetricsManager(""))
	if err != nil {
		return err
	}
	if err := provisioner.Probe(ctx, driver, chosen.timeout); err != nil {
		return err
	}
	name, err := provisioner.GetDriverName(driver, chosen.timeout)
	if err != nil {
		return err
	}
	plugin, capabilities, err := provisioner.GetDriverCapabilities(driver, chosen.timeout)
	if err != nil {
		return err
	}
	if provisioner.SupportsTopology(plugin) || capabilities[csi.ControllerServiceCapability_RPC_PUBLISH_UNPUBLISH_VOLUME] {
		return fmt.Errorf("driver %s wants topologies or attachments, for which this build watches nothing", name)
	}

	factory := informers.NewSharedInformerFactory(client, provisioner.ResyncPeriodOfCsiNodeInformer)
	classes := factory.Storage().V1().StorageClasses().Lister()
	claims := factory.Core().V1().PersistentVolumeClaims()
	claimLister, claimInformer := claims.Lister(), claims.Informer()
	volumes := provisioner.NewCSIProvisioner(
		client, chosen.timeout, fmt.Sprintf("%d-%s", time.Now().UnixMilli(), name), "pvc", -1,
		driver, snapshotClient, name, plugin, capabilities,
		"", false, true, translation.New(), // neither migration nor topologies
		classes, nil, nil, claimLister, nil, nil,
		false, "", nil, false, true, nil, // refuses to turn a block volume into a file system
	)
	limiter := func() workqueue.TypedRateLimiter[string] {
		return workqueue.NewTypedItemExponentialFailureRateLimiter[string](chosen.retryInterval, chosen.retryIntervalMax)
	}
	provision := controller.NewProvisionController(ctx, client, name, volumes,
		controller.LeaderElection(false),
		controller.FailedProvisionThreshold(0),
		controller.FailedDeleteThreshold(0),
		controller.RateLimiter(limiter()),
		controller.RetryIntervalMax(chosen.retryIntervalMax),
		controller.CreateProvisionedPVLimiter(limiter()),
		controller.Threadiness(threads),
		controller.ClaimsInformer(claimInformer),
		controller.AddFinalizer(true),
	)
	cloning := provisioner.NewCloningProtectionController(client, claimLister, claimInformer,
		workqueue.NewTypedRateLimitingQueue(limiter()), capabilities)

	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	if cloning != nil {
		go cloning.Run(ctx, 1, nil)
	}
	provision.Run(ctx)
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, parse()); err != nil {
		klog.Fatal(err)
	}
}
